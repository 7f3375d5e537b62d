// Which sounds are shown: those of the chosen categories and licence whose words hold all that is looked for.

import { element } from "./element.js";
import { words } from "./words.js";

export class MapFind {
  #clips;
  #words;
  #chosen = new Set();    // numbers of categories; none is all
  #spots = new Map();     // and the groups whose colours they have
  #sifted;

  // sifted: told which clips are shown, as an array of 0 and 1.
  constructor(sifted) {
    this.#sifted = sifted;
    this.search = element("input", { id: "search", type: "search", autocomplete: "off", placeholder: "Search   /",
      ariaLabel: "Search names, categories, places", oninput: () => this.sift() });
    this.licence = element("select", { id: "licence", onchange: () => this.sift() });
    this.count = element("p", { id: "count", role: "status" });
    this.legend = element("ul", { id: "legend" });
    const wide = matchMedia("(min-width: 45.01rem)");
    const details = element("details", { open: wide.matches }, element("summary", { textContent: "Categories" }), this.legend);
    wide.onchange = () => { details.open = wide.matches; };
    this.node = element("section", { id: "find", ariaLabel: "Find sounds" }, this.search,
      element("label", { textContent: "Licence " }, this.licence), details, this.count);
  }

  // data: see bridge/map; groups: {name, colour, members} of each category.
  show(data, groups) {
    this.#clips = data.clips;
    this.#words = data.clips.title.map((title, i) => words([title, data.categories[data.clips.category[i]],
      ...data.clips.heard[i].map((place) => data.classes[place])].join(" ")).toLowerCase());
    this.#chosen.clear();
    this.#spots.clear();
    this.legend.replaceChildren(...groups.map((group, number) => [group, number])
      .sort(([a], [b]) => a.name.localeCompare(b.name)).map(([group, number]) => {
        const node = spot(group.colour);
        this.#spots.set(node, group);
        const button = element("button", { type: "button", ariaPressed: "false", onclick: () => {
          if (!this.#chosen.delete(number)) this.#chosen.add(number);
          button.ariaPressed = this.#chosen.has(number);
          this.sift();
        } }, node, element("span", { textContent: group.name }), element("small", { textContent: group.members.length }));
        return element("li", {}, button);
      }));
    this.licence.replaceChildren(new Option("any", ""), ...data.licences.map((name, number) => new Option(name || "not stated", number)));
    this.sift();
  }

  recolour() {
    for (const [node, group] of this.#spots) node.style.background = group.colour;
  }

  clear() {
    this.search.value = this.licence.value = "";
    this.#chosen.clear();
    for (const button of this.legend.querySelectorAll("button")) button.ariaPressed = "false";
    this.sift();
  }

  sift() {
    const wanted = words(this.search.value.toLowerCase()).split(/\s+/).filter(Boolean);
    const { category, licence } = this.#clips, only = this.licence.value;
    const shown = Uint8Array.from(this.#words, (text, i) => (!this.#chosen.size || this.#chosen.has(category[i]))
      && (only === "" || licence[i] === Number(only)) && wanted.every((word) => text.includes(word)));
    const count = shown.reduce((sum, one) => sum + one, 0);
    this.count.textContent = count === shown.length ? `${count} sounds` : `${count} of ${shown.length} sounds`;
    this.shown = shown;
    this.#sifted(shown);
  }
}

export function spot(colour) {
  const node = element("i", { className: "spot" });
  node.style.background = colour;
  return node;
}
