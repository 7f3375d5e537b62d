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

  draw(view) {
    const { width, height } = this.canvas, { context } = this;
    context.fillRect(0, 0, width, height);
    if (!this.#picture) return;
    const scale = Math.max(width, height) / view.fov; // pixels per degree
    const left = width / 2 - (180 - view.yaw) * scale, top = height / 2 - (90 - view.pitch) * scale;
    for (const turn of [-360, 0, 360]) {
      context.drawImage(this.#picture, left + turn * scale, top, 360 * scale, 180 * scale);
    }
  }

  place(azimuth, elevation, view) {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = Math.max(clientWidth, clientHeight) / view.fov, aside = wrapped(azimuth - view.yaw);
    return { x: clientWidth / 2 - aside * scale, y: clientHeight / 2 - (elevation - view.pitch) * scale,
      before: Math.abs(aside) < 90 };
  }
}
