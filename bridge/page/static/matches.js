// The sounds that fit a picture: each with a switch, a level, and why it fits.

import { element, fill } from "./element.js";
import { origin, percent, words } from "./words.js";

function cell(part, kind) {
  const made = element("td", { className: kind }, element("span", { textContent: percent(part) }));
  fill(made, part);
  return made;
}

function reasons(match) {
  const heads = ["", "picture", "sound"].map((textContent) => element(textContent ? "th" : "td", { textContent, scope: "col" }));
  return element("table", {}, element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...match.why.map((why) => element("tr", {},
      element("th", { scope: "row", textContent: words(why.class) }), cell(why.p, "picture"), cell(why.q, "sound")))));
}

class Match {
  constructor(match, changed, best) {
    this.clip = match.clip;
    const both = match.why.map((why) => words(why.class)).join(", ");
    const turned = () => {
      this.set(this.box.checked, this.range.value);
      changed();
    };
    this.box = element("input", { type: "checkbox", onchange: turned });
    this.range = element("input", { type: "range", min: 0, max: 1, step: 0.01, oninput: turned, ariaLabel: `Level of ${match.title}` });
    this.figure = element("span", {});
    this.level = element("div", { className: "level", hidden: true }, this.range, this.figure);
    const fit = element("div", { className: "fit" });
    fill(fit, match.score / best);
    this.row = element("li", {},
      element("label", {}, this.box, element("strong", { textContent: match.title })),
      fit,
      element("small", { textContent: `${words(match.class)} · ${Math.round(match.seconds)} s · fits ${percent(match.score)}` }),
      element("p", { textContent: both ? `Both: ${both}` : "Little in common" }),
      this.level,
      element("details", {}, element("summary", { textContent: "Why, and whose" }), reasons(match),
        element("small", { textContent: `distance ${match.distance.toFixed(2)}: ${match.kl.toFixed(2)} nats, cosine ${match.cosine.toFixed(2)}` }),
        element("small", { textContent: match.licence || "licence not stated" }),
        match.source ? element("small", {}, "from ", origin(match.source)) : ""));
    this.row.dataset.clip = match.clip;
  }

  set(on, level) {
    this.box.checked = on;
    this.range.value = level;
    this.level.hidden = !on;
    this.row.className = on ? "on" : "";
    this.figure.textContent = this.range.ariaValueText = percent(this.range.value);
  }
}

// changed: called when a hand has changed what sounds.
export class Matches {
  #list;
  #changed;
  #matches = [];

  constructor(list, changed) {
    this.#list = list;
    this.#changed = changed;
  }

  show(matches, picks) {
    const best = Math.max(...matches.map(({ score }) => score));
    this.#matches = matches.map((match) => new Match(match, this.#changed, best));
    this.#list.replaceChildren(...this.#matches.map(({ row }) => row));
    const levels = new Map(picks.map(({ clip, level }) => [clip, level]));
    for (const match of this.#matches) match.set(levels.has(match.clip), levels.get(match.clip) ?? 1);
  }

  // What sounds, as the instrument is asked for it: clip:level, ...
  get picks() {
    return this.#matches.filter(({ box }) => box.checked).map(({ clip, range }) => `${clip}:${range.value}`).join(",");
  }
}
