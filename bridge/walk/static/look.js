// Where one looks: turned by dragging, wheel, pinch, keys, or by turning the device itself.

import { RADIAN, wrapped } from "./bearings.js";

const NARROWEST = 30, WIDEST = 110, STEEPEST = 85; // degrees; the first two along the longer side of the screen
const GLIDE_S = 0.09; // time constant in which the view follows
const KEY = { ArrowLeft: [12, 0], ArrowRight: [-12, 0], ArrowUp: [0, 8], ArrowDown: [0, -8] };
const ZOOM = { "+": 0.85, "=": 0.85, "-": 1 / 0.85 };

const between = (low, value, high) => Math.min(high, Math.max(low, value));

export class Look {
  view = { yaw: 0, pitch: 0, fov: 90 };
  #aim = { ...this.view };
  #fingers = new Map();

  // element: what is dragged. still: tells whether the view may not glide. moved: called when there is something to draw.
  constructor(element, still, moved) {
    Object.assign(this, { element, still, moved });
    element.onpointerdown = (event) => {
      element.setPointerCapture(event.pointerId);
      this.#fingers.set(event.pointerId, event);
    };
    element.onpointermove = (event) => this.#fingers.has(event.pointerId) && this.#drag(event);
    element.onlostpointercapture = (event) => this.#fingers.delete(event.pointerId);
    element.onwheel = (event) => {
      event.preventDefault();
      this.zoom(Math.exp(between(-50, event.deltaY, 50) / 250));
    };
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
    else if (ZOOM[key]) this.zoom(ZOOM[key]);
    else return false;
    return true;
  }

  // Lets the view follow for so many seconds; returns whether it is still on its way.
  follow(seconds) {
    const part = this.still() ? 1 : 1 - Math.exp(-seconds / GLIDE_S);
    for (const [angle, aim] of Object.entries(this.#aim)) {
      const left = aim - this.view[angle];
      this.view[angle] = Math.abs(left) < 0.02 ? aim : this.view[angle] + left * part;
    }
    return Object.entries(this.#aim).some(([angle, aim]) => aim !== this.view[angle]);
  }

  // Follows where the back of the device points, from where one looks now on.
  followDevice() {
    let before = null;
    addEventListener("deviceorientation", (event) => {
      if (event.alpha === null) return; // no such sensor
      const [a, b, c] = [event.alpha, event.beta, event.gamma].map((degrees) => degrees * RADIAN);
      const east = -Math.cos(a) * Math.sin(c) - Math.sin(a) * Math.sin(b) * Math.cos(c);
      const north = -Math.sin(a) * Math.sin(c) + Math.cos(a) * Math.sin(b) * Math.cos(c);
      const azimuth = Math.atan2(-east, north) / RADIAN;
      this.towards(this.#aim.yaw + azimuth - (before ?? azimuth), Math.asin(-Math.cos(b) * Math.cos(c)) / RADIAN);
      before = azimuth;
    });
  }

  #drag(event) {
    const before = this.#fingers.get(event.pointerId), apart = this.#apart();
    const degree = this.#aim.fov / Math.max(this.element.clientWidth, this.element.clientHeight) / this.#fingers.size;
    this.#fingers.set(event.pointerId, event);
    this.turn((event.clientX - before.clientX) * degree, (event.clientY - before.clientY) * degree);
    if (apart) this.zoom(apart / Math.max(1, this.#apart()));
  }

  // How far two fingers are apart, pixels; 0 if there aren't two.
  #apart() {
    const [one, other] = this.#fingers.values();
    return this.#fingers.size === 2 ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
  }
}
