// A control for every parameter, made from the registry; what another hand turns moves here, too.

import { element } from "./element.js";

const STEPS = 1000;
const HELD_MS = 300; // after a slider's last movement its own echoes, which are late, don't pull it back
const DRAG_PX = 8; // less sideways is no drag yet: a finger on a slider may be about to scroll the page
const KEY_STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const COARSE = 0.01, FINE = 0.001; // of the slider, by each step

export function format(value) {
  return Number(value.toPrecision(5)).toString();
}

// Where a value stands between the ends of its parameter, 0 to 1, along the parameter's curve; and back.
function position({ low, high, curve }, value) {
  if (curve === "log") return Math.log(value / low) / Math.log(high / low);
  return (value - low) / (high - low);
}

function valueAt({ low, high, curve }, x) {
  if (curve === "log") return low * (high / low) ** x;
  const value = low + (high - low) * x;
  return curve === "integer" ? Math.round(value) : value;
}

export class Knob {
  #link;
  #held = 0;
  #touchedAt = null; // px from the left, while a finger may be about to scroll
  #heard;

  // id: of its input, unique on the page. after: elements at the end of its row.
  constructor(parameter, name, id, link, ...after) {
    this.parameter = parameter;
    this.#link = link;
    this.#heard = parameter.default;
    const label = element("label", { htmlFor: id, textContent: name });
    label.ondblclick = () => this.turn(parameter.default);
    this.row = element("div", { className: "knob" }, label);
    const unit = parameter.unit ? ` ${parameter.unit}` : "";
    this.row.title = `${parameter.doc} ${format(parameter.low)} to ${format(parameter.high)}${unit}, ` +
      `at first ${format(parameter.default)}.`;
    if (parameter.curve === "switch") {
      this.box = element("input", { type: "checkbox", id });
      this.box.onchange = () => this.turn(this.box.checked ? 1 : 0);
      this.row.append(this.box, ...after);
      return;
    }
    const whole = parameter.curve === "integer";
    this.range = element("input", { type: "range", id, min: 0, max: whole ? parameter.high - parameter.low : STEPS,
      step: whole ? 1 : "any" });
    this.range.ondblclick = label.ondblclick;
    this.range.onkeydown = (event) => this.#key(event);
    this.#followSlider();
    this.number = element("input", { type: "number", min: parameter.low, max: parameter.high, step: whole ? 1 : "any",
      ariaLabel: `${parameter.path} in ${parameter.unit || "its unit"}` });
    this.number.onchange = () => this.number.checkValidity() && this.turn(this.number.valueAsNumber);
    this.row.append(this.range, this.number, element("span", { className: "unit", textContent: parameter.unit }), ...after);
  }

  turn(value) {
    clearTimeout(this.#held);
    this.#heard = value;
    this.#held = setTimeout(() => {
      this.#held = 0;
      this.#show(this.#heard);
    }, HELD_MS);
    this.#show(value);
    this.#link.send(`/phono/param/${this.parameter.path}`, value);
  }

  hear(value) {
    this.#heard = value;
    if (!this.#held && this.#touchedAt === null) this.#show(value);
  }

  // A browser moves a slider as soon as a finger is on it. What it shows is sent only when the finger has moved
  // sideways or is lifted; if the page scrolls instead, the slider goes back.
  #followSlider() {
    const range = this.range;
    const send = () => {
      this.#touchedAt = null;
      this.turn(valueAt(this.parameter, range.value / range.max));
    };
    range.oninput = () => this.#touchedAt === null && send();
    range.onpointerdown = (event) => { this.#touchedAt = event.pointerType === "touch" ? event.clientX : null; };
    range.onpointermove = (event) => {
      if (this.#touchedAt !== null && Math.abs(event.clientX - this.#touchedAt) >= DRAG_PX) send();
    };
    range.onpointerup = () => this.#touchedAt !== null && send();
    range.onpointercancel = () => {
      this.#touchedAt = null;
      this.#show(this.#heard);
    };
  }

  #key(event) {
    const { parameter } = this;
    const step = KEY_STEPS[event.key];
    if (event.key === "Delete" || event.key === "Backspace") {
      this.turn(parameter.default);
    } else if (step) {
      const whole = parameter.curve === "integer";
      const x = position(parameter, this.#heard) + step * (whole ? 1 / this.range.max : event.shiftKey ? FINE : COARSE);
      this.turn(valueAt(parameter, Math.max(0, Math.min(1, x))));
    } else {
      return;
    }
    event.preventDefault();
  }

  #show(value) {
    if (this.box) {
      this.box.checked = value >= 0.5;
      return;
    }
    const x = position(this.parameter, value) * this.range.max;
    if (Math.abs(this.range.value - x) > 1e-3 * this.range.max) this.range.value = x;
    if (document.activeElement !== this.number) this.number.value = format(value);
    this.range.ariaValueText = `${format(value)} ${this.parameter.unit}`;
  }
}

class Group {
  constructor(title, holder, open) {
    this.rows = element("div", { className: "group" });
    this.note = element("span", { className: "note" });
    this.details = element("details", { open }, element("summary", {}, `${title} `, this.note), this.rows);
    this.knobs = [];
    holder.append(this.details);
  }

  // Shows the knobs that `wanted` is said of, open if it is a word; all of them if it isn't.
  find(wanted) {
    let any = false;
    for (const knob of this.knobs) {
      const shown = `${knob.parameter.path} ${knob.parameter.doc}`.toLowerCase().includes(wanted);
      knob.row.hidden = !shown;
      any ||= shown;
    }
    this.details.hidden = !any;
    if (wanted) this.details.open = any;
    return any;
  }
}

// learner: see learn.js.
export function buildKnobs(parameters, holder, find, link, learner) {
  const knobs = new Map();
  const groups = new Map();
  for (const parameter of parameters) {
    const parts = parameter.path.split("/");
    const title = parts.slice(0, -1).join(" ");
    if (!groups.has(title)) groups.set(title, new Group(title, holder, title === "master" || title === "reverb"));
    const { rows, knobs: members } = groups.get(title);
    const knob = new Knob(parameter, parts.at(-1).replaceAll("_", " "), `knob-${parts.join("-")}`, link,
      learner.button(parameter.path));
    rows.append(knob.row);
    members.push(knob);
    knobs.set(parameter.path, knob);
  }
  find.oninput = () => groups.forEach((group) => group.find(find.value.toLowerCase().trim()));
  // The wheel over a number that has the focus would turn it.
  holder.addEventListener("wheel", () => document.activeElement.type === "number" && document.activeElement.blur(),
    { passive: true });
  link.onAll("/phono/param/", (path, value) => knobs.get(path)?.hear(value));
  link.onAll("/phono/layer/", (layer, clip) => { groups.get(`layer ${layer}`).note.textContent = clip; });
}
