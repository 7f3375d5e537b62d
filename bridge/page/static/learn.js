// MIDI learn: a button beside each knob; then the control of a MIDI controller that is moved next turns that knob.

import { element } from "./element.js";
import { say } from "./said.js";

export class Learner {
  #link;
  #waiting = null; // the button of the knob that shall be learnt

  constructor(link, parameters) {
    this.#link = link;
    link.on("/phono/event/learnt", (number, age, index) => {
      this.#wait(null);
      say(`${parameters[index].path} is learnt`, false);
    });
  }

  button(path) {
    const button = element("button", { type: "button", textContent: "Learn", className: "learn",
      title: "Then move the control of a MIDI controller that shall turn this", ariaPressed: false,
      ariaLabel: `Learn a MIDI control for ${path}` });
    button.onclick = () => {
      if (this.#waiting === button) {
        this.cancel();
        return;
      }
      this.#wait(button);
      this.#link.send("/phono/midi/learn", path);
      say(`move the control that shall turn ${path}`, false);
    };
    return button;
  }

  // Tells whether there was anything to cancel.
  cancel() {
    if (!this.#waiting) return false;
    this.#wait(null);
    this.#link.send("/phono/midi/cancel");
    say("nothing is learnt", false);
    return true;
  }

  #wait(button) {
    if (this.#waiting) this.#waiting.ariaPressed = false;
    this.#waiting = button;
    if (button) button.ariaPressed = true;
  }
}
