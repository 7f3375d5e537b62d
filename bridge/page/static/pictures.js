// Pictures of the instrument on a canvas: asks for the next when the last is drawn, so that a slow screen misses some.

import { socketAddress } from "./link.js";

const AGAIN_MS = 1000;

// A picture that is shown while `shown` is true; while it isn't, nobody encodes or sends it.
export class Picture {
  #name;
  #canvas;
  #socket = null;
  #drawn = 0;

  constructor(name, canvas, rate) {
    this.#name = name;
    this.#canvas = canvas;
    setInterval(() => {
      rate.textContent = `${this.#drawn} /s`;
      this.#drawn = 0;
    }, 1000);
  }

  get shown() {
    return this.#socket !== null;
  }

  set shown(wanted) {
    if (wanted === this.shown) return;
    const socket = this.#socket;
    this.#socket = null;
    if (wanted) this.#connect();
    else socket.close();
  }

  #connect() {
    const socket = this.#socket = new WebSocket(socketAddress(`/picture/${this.#name}`));
    socket.binaryType = "blob";
    socket.onopen = () => socket.send("");
    socket.onmessage = async (event) => {
      try {
        this.#draw(await createImageBitmap(event.data));
      } finally {
        requestAnimationFrame(() => socket.readyState === WebSocket.OPEN && socket.send(""));
      }
    };
    socket.onclose = () => setTimeout(() => this.#socket === socket && this.#connect(), AGAIN_MS);
  }

  #draw(picture) {
    const canvas = this.#canvas;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      canvas.width = picture.width;
      canvas.height = picture.height;
    }
    canvas.getContext("2d").drawImage(picture, 0, 0);
    picture.close();
    this.#drawn += 1;
  }
}
