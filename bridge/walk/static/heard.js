// The panel that says what is heard, from where, why, and by whom it is.

import { inWords } from "./bearings.js";
import { element, write } from "./element.js";

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
    const credits = new Map(); // by licence and source: those who made several are named once
    for (const { title, licence, source } of [{ ...panorama, title: "The picture" }, ...sounds.map(({ clip }) => clips[clip])]) {
      const by = [licence, source].filter(Boolean).join(" · ");
      if (by) credits.set(by, [...credits.get(by) ?? [], title]);
    }
    this.credits.replaceChildren(...[...credits].map(([by, titles]) => element("li", {}, `${titles.join(", ")}: `,
      ...by.split(/(https?:\/\/[^\s"<>]+)/).map((part, i) =>
        (i % 2 ? element("a", { href: part, textContent: part, rel: "noreferrer" }) : part)))));
  }

  turn(yaw) {
    for (const { arrow, where, azimuth, pointed } of this.#rows) {
      write(where, pointed ? inWords(azimuth, yaw) : "all around");
      if (pointed) arrow.style.transform = `rotate(${yaw - azimuth}deg)`;
    }
  }
}
