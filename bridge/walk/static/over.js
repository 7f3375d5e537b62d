// What lies over the picture, where it is: the ways on, on the ground, and the names of what sounds, on the horizon.

import { wrapped } from "./bearings.js";
import { element } from "./element.js";

const GROUND = -14, HORIZON = 6; // degrees of elevation
const EDGE = 12, ROW = 34; // pixels

const between = (low, value, high) => Math.round(Math.max(low, Math.min(value, high)));

function move(what, x, y) {
  what.style.transform = `translate(${x - Math.round(what.offsetWidth / 2)}px, ${y}px)`;
}

export class Over {
  #ways = [];
  #names = [];

  // step: called with the link that is taken. look: called with an azimuth that shall come into view.
  constructor(ways, names, step, look) {
    Object.assign(this, { ways, names, step, look });
  }

  show({ links }, sounds, clips, panoramas) {
    this.#ways = links.map((link) => {
      const { title } = panoramas[link.to];
      const arrow = element("span", { className: "arrow", textContent: "↑", ariaHidden: "true" });
      const button = element("button", { className: "way", ariaLabel: `Go to ${title}` }, arrow,
        element("span", { className: "name", textContent: title }));
      button.onclick = () => this.step(link);
      button.onfocus = () => button.matches(":focus-visible") && this.look(link.azimuth);
      return { azimuth: link.azimuth, arrow, button };
    });
    this.ways.replaceChildren(...this.#ways.map(({ button }) => button));
    this.#names = sounds.filter(({ pointed }) => pointed).map(({ clip, azimuth }) => (
      { azimuth, label: element("span", { className: "sounding", textContent: clips[clip].title }) }));
    this.names.replaceChildren(...this.#names.map(({ label }) => label));
  }

  // The way that leads where one looks, undefined if none does.
  ahead({ yaw }) {
    const aside = ({ azimuth }) => Math.abs(wrapped(azimuth - yaw));
    return this.#ways.filter((way) => aside(way) < 60).sort((a, b) => aside(a) - aside(b))[0]?.button;
  }

  // right: how far the picture is free, in pixels; ways out of view stand at the edge.
  place(picture, view, right) {
    const height = picture.canvas.clientHeight, rows = [0, 0], placed = [];
    for (const { azimuth, arrow, button } of this.#ways) {
      const aside = wrapped(azimuth - view.yaw), onRight = Number(aside < 0);
      const at = picture.place(azimuth, GROUND, view), half = button.offsetWidth / 2 + EDGE;
      const seen = at.before && at.x > half && at.x < right - half;
      move(button, Math.round(seen ? at.x : onRight ? right - half : half),
        seen ? between(height * 0.3, at.y, height * 0.7) : Math.round(height / 2) + 2 * ROW * rows[onRight]++);
      arrow.style.transform = `rotate(${seen ? -aside / 2 : onRight ? 90 : -90}deg)`;
    }
    for (const { azimuth, label } of this.#names) {
      const at = picture.place(azimuth, HORIZON, view), half = label.offsetWidth / 2;
      const seen = at.before && at.x > -half && at.x < right + half;
      label.classList.toggle("seen", seen);
      if (!seen) continue;
      const x = between(half + EDGE, at.x, right - half - EDGE);
      let y = between(height * 0.2, at.y, height * 0.7);
      while (placed.some((other) => Math.abs(other.x - x) < other.half + half && Math.abs(other.y - y) < ROW)) y -= ROW;
      placed.push({ x, y, half });
      move(label, x, y);
    }
  }
}
