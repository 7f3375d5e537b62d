// A control for every parameter, made from the registry; what another hand turns moves here, too.

import { element } from "./element.js";

const STEPS = 1000;
const HELD_MS = 300; // after a slider's last movement its own echoes, which are late, don't pull it back

export function format(value) {
  return Number(value.toPrecision(5)).toString();
}

// Where a value stands between the ends of its parameter, 0 to 1, along the parameter's curve; and back.
export function position({ low, high, curve }, value) {
  if (curve === "log") return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

export function valueAt({ low, high, curve }, x) {
  if (curve === "log") return low * (high / low) ** x;
  const value = low + (high - low) * x;
  return curve === "integer" ? Math.round(value) : value;
}

class Knob {
  #held = 0;
  #heard = null;

  constructor(parameter, name, link, learns) {
    this.parameter = parameter;
    this.address = `/phono/param/${parameter.path}`;
    const id = `knob-${parameter.path.replaceAll("/", "-")}`;
    const label = element("label", { htmlFor: id, textContent: name.replaceAll("_", " "), title: parameter.doc });
    const learn = element("button", { type: "button", textContent: "Learn",
      title: "Then move the control of a MIDI controller that shall turn this" });
    learn.setAttribute("aria-label", `Learn a MIDI control for ${parameter.path}`);
    learn.onclick = () => learns(parameter.path);
    if (parameter.curve === "switch") {
      this.box = element("input", { type: "checkbox", id });
      this.box.onchange = () => link.send(this.address, this.box.checked ? 1 : 0);
      this.row = element("div", { className: "knob" }, label, this.box, element("span", {}), learn);
    } else {
      const whole = parameter.curve === "integer";
      this.range = element("input", { type: "range", id, min: 0, max: whole ? parameter.high - parameter.low : STEPS,
        step: whole ? 1 : "any" });
      this.range.oninput = () => this.#send(link, valueAt(parameter, this.range.value / this.range.max));
      this.number = element("input", { type: "number", min: parameter.low, max: parameter.high, step: whole ? 1 : "any" });
      this.number.setAttribute("aria-label", `${parameter.path} in ${parameter.unit || "its unit"}`);
      this.number.onchange = () => this.number.checkValidity() && this.#send(link, this.number.valueAsNumber);
      this.row = element("div", { className: "knob" }, label, this.range, this.number, learn);
    }
    this.row.title = `${parameter.doc} ${format(parameter.low)} to ${format(parameter.high)} ${parameter.unit}`;
    this.words = `${parameter.path} ${parameter.doc}`.toLowerCase();
  }

  #send(link, value) {
    clearTimeout(this.#held);
    this.#heard = value;
    this.#held = setTimeout(() => {
      this.#held = 0;
      this.#show(this.#heard);
    }, HELD_MS);
    this.#show(value);
    link.send(this.address, value);
  }

  hear(value) {
    this.#heard = value;
    if (!this.#held) this.#show(value);
  }

  #show(value) {
    if (this.box) {
      this.box.checked = value >= 0.5;
      return;
    }
    const x = position(this.parameter, value) * this.range.max;
    if (Math.abs(this.range.value - x) > 1e-3 * this.range.max) this.range.value = x;
    if (document.activeElement !== this.number) this.number.value = format(value);
    this.range.setAttribute("aria-valuetext", `${format(value)} ${this.parameter.unit}`);
  }
}

export function buildKnobs(parameters, holder, find, link, learns) {
  const knobs = new Map();
  const groups = new Map();
  for (const parameter of parameters) {
    const parts = parameter.path.split("/");
    const title = parts.slice(0, -1).join(" ");
    if (!groups.has(title)) {
      const details = element("details", { open: title === "master" || title === "reverb" },
        element("summary", { textContent: title }), element("div", { className: "group" }));
      holder.append(details);
      groups.set(title, { details, knobs: [] });
    }
    const knob = new Knob(parameter, parts.at(-1), link, learns);
    groups.get(title).details.lastElementChild.append(knob.row);
    groups.get(title).knobs.push(knob);
    knobs.set(parameter.path, knob);
  }
  find.oninput = () => {
    const wanted = find.value.toLowerCase().trim();
    for (const { details, knobs: members } of groups.values()) {
      let any = false;
      for (const knob of members) {
        const shown = knob.words.includes(wanted);
        knob.row.hidden = !shown;
        any ||= shown;
      }
      details.hidden = !any;
      if (wanted) details.open = any;
    }
  };
  link.onAll("/phono/param/", (path, value) => knobs.get(path)?.hear(value));
}
