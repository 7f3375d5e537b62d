// The panel that says what is heard, from where, why, and by whom it is.

import { inWords } from "./bearings.js";
import { element, fill, write } from "./element.js";
import { percent, words } from "./words.js";

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
        words(category) === title.toLowerCase() ? "" : element("small", { textContent: words(category) }),
        ...why.map((seen) => element("small", {},
          `${words(seen.class)}: seen ${percent(seen.p)}, heard ${percent(seen.q)}`)));
      fill(row, level);
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
