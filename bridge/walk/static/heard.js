// The panel that says what is heard, from where, why, and by whom it is.

import { inWords } from "./bearings.js";
import { element } from "./element.js";

const percent = (part) => `${Math.round(100 * part)}\u00a0%`;
const named = (name) => name.replaceAll("_", " ").replaceAll("/", ", ");

export class Heard {
  #rows = [];

  constructor(list, credits) {
    Object.assign(this, { list, credits });
  }

  show(panorama, sounds, { clips }) {
    this.#rows = sounds.map(({ clip, azimuth, pointed, level, why }) => {
      const { title, category } = clips[clip];
      const arrow = element("span", { className: "arrow", textContent: pointed ? "↑" : "◌", ariaHidden: "true" });
      const where = element("span", { className: "where" });
      const row = element("li", {}, element("b", { textContent: title }), where, arrow,
        named(category) === title.toLowerCase() ? "" : element("small", { textContent: named(category) }),
        ...why.map((seen) => element("small", {},
          `${named(seen.class)}: seen ${percent(seen.p)}, heard ${percent(seen.q)}`)));
      row.style.setProperty("--part", level);
      return { row, arrow, where, azimuth, pointed };
    });
    this.list.replaceChildren(...this.#rows.map(({ row }) => row));
    const credits = new Map(); // those who made several are named once
    for (const [title, by] of [["The picture", panorama], ...sounds.map(({ clip }) => [clips[clip].title, clips[clip]])]) {
      const key = JSON.stringify([by.licence, by.source]);
      if (by.licence || by.source) credits.set(key, { ...by, titles: [...credits.get(key)?.titles ?? [], title] });
    }
    this.credits.replaceChildren(...[...credits.values()].map(({ titles, licence, source }) =>
      element("li", {}, `${titles.join(", ")}: `, ...credited(licence, source))));
  }

  turn(yaw) {
    for (const { arrow, where, azimuth, pointed } of this.#rows) {
      const words = pointed ? inWords(azimuth, yaw) : "all around";
      if (where.textContent !== words) where.textContent = words;
      if (pointed) arrow.style.transform = `rotate(${Math.round(yaw - azimuth)}deg)`;
    }
  }
}

function credited(licence, source) {
  const from = /^https?:\/\/./.test(source)
    ? element("a", { href: source, textContent: source.split("/")[2], rel: "noreferrer" }) : source;
  return licence && source ? [licence, " · ", from] : [licence || from];
}
