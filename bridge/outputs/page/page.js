"use strict";

const AGAIN = 1000; // ms until a lost connection is tried again

function showMjpeg() {
  const image = document.body.appendChild(new Image());
  image.alt = "what Phonoscope shows";
  let tag = null;

  async function connect() { // an image doesn't tell that its film broke off, but another server has another tag
    try {
      const found = (await fetch("/", { method: "HEAD" })).headers.get("ETag");
      if (found !== tag) {
        tag = found;
        image.src = "/?" + encodeURIComponent(tag);
      }
    } catch { /* there is none now */ }
    setTimeout(connect, AGAIN);
  }
  connect();
}

function showWebSocket() {
  const canvas = document.body.appendChild(document.createElement("canvas"));
  const context = canvas.getContext("2d", { alpha: false });
  let newest = null, drawing = false;

  async function draw() {
    drawing = true;
    while (newest) {
      const body = newest;
      newest = null;
      const picture = await createImageBitmap(body);
      if (canvas.width !== picture.width || canvas.height !== picture.height) {
        canvas.width = picture.width;
        canvas.height = picture.height;
      }
      context.drawImage(picture, 0, 0);
      picture.close();
      canvas.dataset.drawn = Number(canvas.dataset.drawn || 0) + 1;
    }
    drawing = false;
  }

  function connect() {
    const socket = new WebSocket(location.href.replace(/^http/, "ws"));
    socket.binaryType = "blob";
    socket.onmessage = (event) => { // what comes while a picture is drawn replaces what waits
      newest = event.data;
      if (!drawing) draw();
    };
    socket.onclose = () => setTimeout(connect, AGAIN);
  }
  connect();
}

const { kind } = JSON.parse(document.getElementById("data").textContent);
({ mjpeg: showMjpeg, websocket: showWebSocket })[kind]();
