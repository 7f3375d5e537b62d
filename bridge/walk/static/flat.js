// A panorama where there is no WebGL: a part of its picture as it is, without perspective.

import { wrapped } from "./bearings.js";

export class Flat {
  #picture = null;

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  show(picture) {
    this.#picture = picture;
  }

  draw({ yaw, pitch, fov }) {
    const { width, height } = this.canvas, degree = Math.max(width, height) / fov;
    this.context.fillRect(0, 0, width, height);
    if (!this.#picture) return;
    const round = Math.round(360 * degree), left = Math.round(width / 2 + (wrapped(yaw) - 180) * degree);
    for (const x of [left - round, left, left + round]) { // whole pixels, without a seam between
      this.context.drawImage(this.#picture, x, height / 2 + (pitch - 90) * degree, round, 180 * degree);
    }
  }

  place(azimuth, elevation, { yaw, pitch, fov }) {
    const { clientWidth: width, clientHeight: height } = this.canvas, degree = Math.max(width, height) / fov;
    const aside = wrapped(azimuth - yaw);
    return { x: width / 2 - aside * degree, y: height / 2 - (elevation - pitch) * degree, before: Math.abs(aside) < 90 };
  }
}
