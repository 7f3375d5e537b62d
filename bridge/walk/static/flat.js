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
    for (const turn of [-180, 180, 540]) {
      this.context.drawImage(this.#picture, width / 2 + (wrapped(yaw) - turn) * degree, height / 2 + (pitch - 90) * degree,
        360 * degree, 180 * degree);
    }
  }

  place(azimuth, elevation, { yaw, pitch, fov }) {
    const { clientWidth: width, clientHeight: height } = this.canvas, degree = Math.max(width, height) / fov;
    const aside = wrapped(azimuth - yaw);
    return { x: width / 2 - aside * degree, y: height / 2 - (elevation - pitch) * degree, before: Math.abs(aside) < 90 };
  }
}
