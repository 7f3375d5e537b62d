// What plays: each layer's clip, why it plays, its level, and its gain to be moved.

import { element, write } from "./element.js";
import { Knob } from "./knobs.js";
import { FLOOR_DB, showLevel } from "./level.js";
import { percent, words } from "./words.js";

const NEAR = [[0.7, "very near"], [1.5, "near"], [3, "loosely like it"], [Infinity, "far"]]; // nats of KL
const LEAST = 0.01; // less than this in common is nothing

class Row {
  constructor(number, gain, link) {
    this.name = element("b");
    this.category = element("span", { className: "category" });
    this.level = element("span", { className: "figure" });
    this.meter = element("div", { className: "level", role: "meter", ariaLabel: `Level of layer ${number}, dBFS`,
      ariaValueMin: FLOOR_DB, ariaValueMax: 0 });
    this.fit = element("p");
    this.common = element("p", { className: "common" });
    this.number = number;
    this.knob = new Knob(gain, "gain", `fader-${number}`, link);
    this.knob.row.className = "fader";
    this.row = element("li", { hidden: true }, element("div", { className: "name" }, this.name, this.category, this.level), this.meter,
      this.fit, this.common, this.knob.row);
    this.hearLevel(FLOOR_DB);
  }

  hear(clip, category, weight, kl) {
    this.row.hidden = !clip;
    write(this.name, `${this.number} ${clip}`);
    const near = NEAR.find(([most]) => kl <= most)[1];
    write(this.category, words(category));
    write(this.fit, `${near}: ${kl.toFixed(1)} nats, score ${percent(Math.exp(-kl))}, weight ${percent(weight)}`);
  }

  hearWhy(reasons) {
    const found = [];
    for (let i = 0; i < reasons.length; i += 3) {
      const [name, p, q] = reasons.slice(i, i + 3);
      if (Math.min(p, q) >= LEAST) found.push(`${words(name)} ${Math.round(100 * p)} · ${percent(q)}`);
    }
    write(this.common, found.length ? `seen · heard: ${found.join(", ")}` : "no class is both seen and heard");
  }

  hearLevel(dbfs) {
    const heard = dbfs === 0 ? FLOOR_DB : Math.min(0, dbfs); // 0: before the first block
    write(this.level, heard > FLOOR_DB ? `${Math.round(heard)} dB` : "silent");
    showLevel(this.meter, heard);
  }
}

export function showLayers(link, list, { layers, parameters }) {
  const gains = new Map(parameters.filter(({ path }) => /^layer\/\d+\/gain$/.test(path)).map((p) => [p.path, p]));
  const rows = Array.from({ length: layers }, (_, i) => new Row(i + 1, gains.get(`layer/${i + 1}/gain`), link));
  list.append(...rows.map(({ row }) => row));
  const of = (tail) => rows[parseInt(tail) - 1];
  link.onAll("/phono/layer/", (layer, ...given) => of(layer).hear(...given));
  link.onAll("/phono/why/", (layer, ...reasons) => of(layer).hearWhy(reasons));
  link.onAll("/phono/state/sound/layer/", (layer, dbfs) => of(layer).hearLevel(dbfs));
  for (const [i, row] of rows.entries()) link.on(`/phono/param/layer/${i + 1}/gain`, (value) => row.knob.hear(value));
}
