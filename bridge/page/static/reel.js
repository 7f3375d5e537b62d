// Pictures of a sound in their order, on a canvas and as a strip; they may come while it is shown.

import { element, fill } from "./element.js";
import { part } from "./level.js";

const STRIP_S = 0.5;

export class Reel {
  #canvas;
  #strip;
  #pictures = [];
  #shown = null;
  #drawing = false;
  #addresses = [];

  // wind: called with the time of a picture of the strip that is chosen.
  constructor(canvas, strip, wind) {
    this.#canvas = canvas;
    this.#strip = strip;
    strip.onclick = (event) => {
      const item = event.target.closest("li");
      if (item) wind(Number(item.dataset.time));
    };
    this.clear();
  }

  clear() {
    this.#pictures = [];
    this.#shown = null;
    this.fps = 1;
    this.seconds = 0;
    this.painted = 0; // s, of the newest painting
    this.#addresses.forEach((address) => URL.revokeObjectURL(address));
    this.#addresses = [];
    this.#strip.replaceChildren();
    this.#strip.hidden = true;
  }

  // Begins a new painting of the same sound: what was painted before is shown until it is painted again.
  begin({ fps, seconds }) {
    if (fps !== this.fps || seconds !== this.seconds) this.clear();
    this.fps = fps;
    this.seconds = seconds;
    this.painted = 0;
  }

  // dbfs: level of the sound there.
  add({ time, jpeg }, dbfs) {
    const number = Math.round(time * this.fps);
    this.#pictures[number] = jpeg;
    this.painted = Math.min(this.seconds, (number + 1) / this.fps);
    if (Math.floor(time / STRIP_S) > Math.floor((number - 1) / this.fps / STRIP_S)) this.#addToStrip(time, jpeg, dbfs);
  }

  // How far it can be shown without a gap, s.
  get there() {
    return Math.min(this.seconds, this.#pictures.length / this.fps);
  }

  #number(time) {
    return Math.max(0, Math.min(this.#pictures.length - 1, Math.floor(time * this.fps + 1e-6)));
  }

  // Whether the picture of a time is the one on the canvas.
  shows(time) {
    return this.#shown !== null && this.#shown === this.#pictures[this.#number(time)];
  }

  async show(time) {
    const number = this.#number(time);
    const jpeg = this.#pictures[number];
    if (!jpeg || this.#drawing || this.shows(time)) return;
    this.#drawing = true;
    try {
      const picture = await createImageBitmap(jpeg);
      this.#canvas.getContext("2d").drawImage(picture, 0, 0, this.#canvas.width, this.#canvas.height);
      picture.close();
      this.#shown = jpeg;
      this.#canvas.dataset.number = number;
      this.#mark(time);
    } finally {
      this.#drawing = false;
    }
  }

  #addToStrip(time, jpeg, dbfs) {
    const number = Math.floor(time / STRIP_S);
    const address = URL.createObjectURL(jpeg);
    URL.revokeObjectURL(this.#addresses[number] ?? "");
    this.#addresses[number] = address;
    const item = this.#strip.children[number] ??
      this.#strip.appendChild(element("li", {}, element("img", { width: 72, height: 72 })));
    item.dataset.time = number * STRIP_S;
    item.title = `${(number * STRIP_S).toFixed(1)} s, ${dbfs.toFixed(0)} dBFS`;
    fill(item, part(dbfs));
    Object.assign(item.firstChild, { src: address, alt: item.title });
    this.#strip.hidden = false;
  }

  #mark(time) {
    const item = this.#strip.children[Math.floor(time / STRIP_S)];
    const before = this.#strip.querySelector("[aria-current]");
    if (!item || item === before) return;
    if (before) before.ariaCurrent = null;
    item.ariaCurrent = true;
    const middle = item.offsetLeft - (this.#strip.clientWidth - item.clientWidth) / 2;
    this.#strip.scrollTo({ left: middle, behavior: "instant" });
  }
}
