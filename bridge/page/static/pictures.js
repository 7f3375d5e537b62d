// Pictures of the instrument on a canvas: asks for the next when the last is drawn, so that a slow screen misses some.

import { socketAddress } from "./link.js";

const AGAIN_MS = 1000;

export function show(name, canvas, rate) {
  const context = canvas.getContext("2d");
  let drawn = 0;
  setInterval(() => {
    rate.textContent = `${drawn} /s`;
    drawn = 0;
  }, 1000);
  const connect = () => {
    const socket = new WebSocket(socketAddress(`/picture/${name}`));
    socket.binaryType = "blob";
    socket.onopen = () => socket.send("");
    socket.onmessage = async (event) => {
      try {
        const picture = await createImageBitmap(event.data);
        if (canvas.width !== picture.width || canvas.height !== picture.height) {
          canvas.width = picture.width;
          canvas.height = picture.height;
        }
        context.drawImage(picture, 0, 0);
        picture.close();
        drawn += 1;
      } finally {
        if (socket.readyState === WebSocket.OPEN) requestAnimationFrame(() => socket.send(""));
      }
    };
    socket.onclose = () => setTimeout(connect, AGAIN_MS);
  };
  connect();
}
