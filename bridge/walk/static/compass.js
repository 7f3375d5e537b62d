// A small view from above: where one looks, what sounds from where, and where ways lead on.

import { onHorizon } from "./bearings.js";

const SVG = "http://www.w3.org/2000/svg";
const RIM = 38;

function drawn(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export class Compass {
  constructor(svg) {
    this.cone = drawn("path", { class: "cone" });
    this.around = drawn("g", {});
    svg.replaceChildren(drawn("circle", { r: RIM + 8, class: "ground" }), this.cone, this.around, drawn("circle", { r: 3, class: "me" }));
  }

  show(panorama, soundscape) {
    const ways = panorama.links.map(({ azimuth }) =>
      drawn("path", { d: `M-5 ${3 - RIM}L0 ${-4 - RIM}L5 ${3 - RIM}Z`, class: "way", transform: `rotate(${-azimuth})` }));
    const sounds = soundscape.map(({ azimuth, agreement, level }) => {
      const { x, z } = onHorizon(azimuth);
      return drawn("circle", { cx: 26 * x * agreement, cy: 26 * z * agreement, r: 2.5 + 4 * level, class: "sound" });
    });
    this.around.replaceChildren(...sounds, ...ways);
  }

  turn({ yaw, fov }, aspect) {
    const half = Math.atan(Math.tan(fov / 2 * Math.PI / 180) * Math.min(1, aspect));
    const x = RIM * Math.sin(half), y = -RIM * Math.cos(half);
    this.cone.setAttribute("d", `M0 0L${-x} ${y}A${RIM} ${RIM} 0 0 1 ${x} ${y}Z`);
    this.around.setAttribute("transform", `rotate(${yaw})`);
  }
}
