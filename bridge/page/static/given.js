// The pictures that people give: dropped, pasted, chosen, photographed, or seen by the instrument's camera.

import { whenDropped } from "./dropped.js";
import { element } from "./element.js";
import { socketAddress } from "./link.js";

const LONGEST = 1280; // pixels; the eye looks at far fewer
const LITTLE = 1 << 20; // bytes that are not worth making less
const QUALITY = 0.9;
const PATIENCE_MS = 3000;

// Calls back with a Blob and its name, or with a reason in words.
export function whenGiven(given, refused) {
  const first = (files, reason) => {
    if (files?.length) given(files[0], files[0].name);
    else refused(reason);
  };
  for (const input of document.querySelectorAll("input[type=file]")) {
    input.onchange = () => {
      if (input.files.length) first(input.files);
      input.value = ""; // so that the same file can be chosen again
    };
  }
  document.addEventListener("paste", (event) => first(event.clipboardData.files, "What was copied is no picture"));
  whenDropped((file) => first(file && [file], "What was dropped is no file; drop a picture from a folder"));
}

function jpeg(picture, width, height) {
  const canvas = element("canvas", { width, height });
  canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
  return new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
}

// Resolves to { body: what to upload, shown: whether this browser can show it }. A large picture is made less.
export async function prepared(blob) {
  let picture;
  try {
    picture = await createImageBitmap(blob);
  } catch {
    return { body: blob, shown: false };
  }
  const part = LONGEST / Math.max(picture.width, picture.height);
  const body = part >= 1 && blob.size <= LITTLE ? blob
    : await jpeg(picture, ...[picture.width, picture.height].map((side) => Math.max(1, Math.round(side * Math.min(part, 1)))));
  picture.close();
  return { body: body ?? blob, shown: true };
}

// Resolves to what the instrument's camera sees now.
export function seenByCamera() {
  return new Promise((seen, failed) => {
    const socket = new WebSocket(socketAddress("/picture/camera"));
    const end = (settle, value) => {
      clearTimeout(waiting);
      settle(value);
      socket.close();
    };
    const waiting = setTimeout(() => end(failed, new Error("The instrument's camera shows nothing now")), PATIENCE_MS);
    socket.binaryType = "blob";
    socket.onopen = () => socket.send("");
    socket.onmessage = ({ data }) => end(seen, new Blob([data], { type: "image/jpeg" }));
    socket.onclose = () => end(failed, new Error("Phonoscope can't be reached; does it still play?"));
  });
}

// Resolves to a photograph by this device's camera, or null if none was taken.
export async function photographed(dialog) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: LONGEST } } });
  const video = dialog.querySelector("video");
  video.srcObject = stream;
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((closed) => { dialog.addEventListener("close", closed, { once: true }); });
  const taken = dialog.returnValue && video.videoWidth ? await jpeg(video, video.videoWidth, video.videoHeight) : null;
  video.srcObject = null;
  stream.getTracks().forEach((track) => track.stop());
  return taken;
}
