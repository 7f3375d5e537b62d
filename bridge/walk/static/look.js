// Where one looks: turned by dragging, wheel, pinch, keys, or by turning the device itself.

import { wrapped } from "./bearings.js";

const NARROWEST = 30, WIDEST = 110; // degrees that the longer side of the screen shows
const STEEPEST = 85;
const GLIDE_S = 0.09; // time constant in which the view follows
const KEY = { ArrowLeft: [12, 0], ArrowRight: [-12, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] };
const RADIAN = Math.PI / 180;

const between = (low, value, high) => Math.min(high, Math.max(low, value));

export class Look {
  view = { yaw: 0, pitch: 0, fov: 90 };
  #aim = { ...this.view };
  #fingers = new Map();

  // element: what is dragged. still: tells whether the view may not glide. moved: called when there is something to draw.
  constructor(element, still, moved) {
    this.element = element;
    this.still = still;
    this.moved = moved;
    element.addEventListener("pointerdown", (event) => {
      element.setPointerCapture(event.pointerId);
      this.#fingers.set(event.pointerId, event);
    });
    element.addEventListener("pointermove", (event) => this.#drag(event));
    for (const end of ["pointerup", "pointercancel"]) {
      element.addEventListener(end, (event) => this.#fingers.delete(event.pointerId));
    }
    element.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(between(-50, event.deltaY, 50) / 250));
    }, { passive: false });
  }

  turn(left, up) {
    this.towards(this.#aim.yaw + left, this.#aim.pitch + up);
  }

  // Looks towards an azimuth, the short way round.
  towards(azimuth, pitch = this.#aim.pitch) {
    this.#aim.yaw = this.view.yaw + wrapped(azimuth - this.view.yaw);
    this.#aim.pitch = between(-STEEPEST, pitch, STEEPEST);
    this.moved();
  }

  // Looks there at once.
  jump(azimuth) {
    this.#aim.yaw = this.view.yaw = azimuth;
    this.moved();
  }

  zoom(factor) {
    this.#aim.fov = between(NARROWEST, this.#aim.fov * factor, WIDEST);
    this.moved();
  }

  // Does what a key says; returns whether it says anything.
  key(key) {
    if (KEY[key]) this.turn(...KEY[key].map((degrees) => degrees * this.#aim.fov / 90));
    else if (key === "+" || key === "=") this.zoom(0.85);
    else if (key === "-") this.zoom(1 / 0.85);
    else return false;
    return true;
  }

  // Lets the view follow for so many seconds; returns whether it is still on its way.
  follow(seconds) {
    const part = this.still() ? 1 : 1 - Math.exp(-seconds / GLIDE_S);
    let away = 0;
    for (const angle of ["yaw", "pitch", "fov"]) {
      const left = this.#aim[angle] - this.view[angle];
      this.view[angle] += Math.abs(left) < 0.02 ? left : left * part;
      away = Math.max(away, Math.abs(this.#aim[angle] - this.view[angle]));
    }
    return away > 0;
  }

  // Follows the direction in which the back of the device points, from where one looks now on.
  followDevice() {
    let turned = null;
    addEventListener("deviceorientation", ({ alpha, beta, gamma }) => {
      if (alpha === null || beta === null || gamma === null) return;
      const [a, b, c] = [alpha, beta, gamma].map((degrees) => degrees * RADIAN);
      const east = -Math.cos(a) * Math.sin(c) - Math.sin(a) * Math.sin(b) * Math.cos(c);
      const north = -Math.sin(a) * Math.sin(c) + Math.cos(a) * Math.sin(b) * Math.cos(c);
      const up = -Math.cos(b) * Math.cos(c);
      const azimuth = Math.atan2(-east, north) / RADIAN;
      if (turned !== null) this.turn(wrapped(azimuth - turned), 0);
      turned = azimuth;
      this.towards(this.#aim.yaw, Math.asin(between(-1, up, 1)) / RADIAN);
    });
  }

  #drag(event) {
    const before = this.#fingers.get(event.pointerId);
    if (!before) return;
    const { clientWidth, clientHeight } = this.element;
    const degrees = this.#aim.fov / Math.max(clientWidth, clientHeight) / this.#fingers.size;
    const apart = this.#apart();
    this.#fingers.set(event.pointerId, event);
    this.turn((event.clientX - before.clientX) * degrees, (event.clientY - before.clientY) * degrees);
    if (apart) this.zoom(apart / Math.max(1, this.#apart()));
  }

  // How far two fingers are apart, pixels; 0 if there aren't two.
  #apart() {
    if (this.#fingers.size !== 2) return 0;
    const [one, other] = this.#fingers.values();
    return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
  }
}
