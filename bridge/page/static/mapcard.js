// All that is known of one sound.

import { element, fill } from "./element.js";
import { spot } from "./mapfind.js";
import { origin, words } from "./words.js";

// about: {title, category, colour, seconds, licence}; does: {play, close, go}. What comes later is put in by `detail`.
export class MapCard {
  constructor() {
    this.node = element("section", { id: "card", ariaLabel: "The chosen sound", hidden: true });
  }

  show(about, does) {
    this.later = element("div", {});
    this.origin = element("div", {});
    this.node.replaceChildren(
      element("button", { type: "button", className: "close", textContent: "✕", ariaLabel: "Close", onclick: does.close }),
      element("h2", { textContent: about.title }),
      element("p", {}, spot(about.colour), ` ${about.category} · ${about.seconds.toFixed(1)} s`),
      element("button", { type: "button", className: "play", textContent: "▶  Play", onclick: does.play }),
      element("h3", { textContent: "Licence" }), element("p", { className: "licence", textContent: about.licence || "not stated" }),
      this.origin, this.later);
    this.node.hidden = false;
  }

  // detail: {source, file, likely: [[class, p]], alike: [[clip, cosine]]}; name, colour: of a clip.
  detail({ source, file, likely, alike }, { name, colour, go }) {
    this.origin.replaceChildren(element("h3", { textContent: "Source" }),
      element("p", {}, origin(source) || "not stated"));
    this.later.replaceChildren(element("h3", { textContent: "The ear hears" }), ...likely.map(([place, p]) => {
      const row = element("div", { className: "likely" }, element("span", { textContent: words(place) }),
        element("small", { textContent: `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %` }));
      fill(row, p);
      return row;
    }), element("h3", { textContent: "Most alike" }), ...alike.map(([clip, cosine]) =>
      element("button", { type: "button", className: "alike", onclick: () => go(clip) }, spot(colour(clip)),
        element("span", { textContent: name(clip) }), element("small", { textContent: cosine.toFixed(2) }))),
    element("h3", { textContent: "File" }), element("p", { textContent: file }));
  }

  hide() {
    this.node.hidden = true;
  }
}
