// Records what the browser's microphone hears.

import { write } from "./element.js";
import { say } from "./said.js";

const LONGEST_S = 30;
const WRONG = { NotAllowedError: "The browser may not use the microphone; allow it beside the address.",
  NotFoundError: "This machine has no microphone." };

// Lets a button record. place: where it is told how; begun: called at the beginning, done: with the recording, a Blob.
export function offerRecording(button, place, begun, done) {
  const offer = button.textContent;
  let recording = null;
  button.disabled = whyNot() !== "";
  place.textContent = whyNot();
  button.onclick = async () => {
    if (recording) {
      recording.abort();
      return;
    }
    recording = new AbortController();
    begun();
    button.ariaPressed = true;
    button.textContent = "Stop and paint";
    try {
      done(await recorded(recording.signal, (s) => {
        write(place, `Recording, ${Math.floor(s)} of ${LONGEST_S} s`);
      }));
    } catch (error) {
      say(WRONG[error.name] ?? error.message);
    }
    place.textContent = "";
    button.ariaPressed = false;
    button.textContent = offer;
    recording = null;
  };
}

// Why there is nothing to record with, or "".
function whyNot() {
  if (navigator.mediaDevices && window.MediaRecorder) return "";
  return window.isSecureContext ? "This browser doesn't record."
    : "Browsers lend a microphone only to pages of their own machine or over HTTPS; here, choose a file.";
}

// Records until `stopped` (an AbortSignal) or for LONGEST_S, and returns the sound as a Blob. going: told the seconds.
async function recorded(stopped, going) {
  // Nothing that evens out how loud a sound is: the picture shall show it.
  const stream = await navigator.mediaDevices.getUserMedia(
    { audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false } });
  try {
    const recorder = new MediaRecorder(stream);
    const pieces = [];
    recorder.ondataavailable = (event) => pieces.push(event.data);
    const whole = new Promise((done, fail) => {
      recorder.onstop = done;
      recorder.onerror = (event) => fail(event.error ?? new Error("the recording failed"));
    });
    const stop = () => recorder.state !== "inactive" && recorder.stop();
    stopped.addEventListener("abort", stop);
    const begun = performance.now();
    const ticking = setInterval(() => {
      const seconds = (performance.now() - begun) / 1000;
      going(seconds);
      if (seconds >= LONGEST_S) stop();
    }, 100);
    recorder.start();
    if (stopped.aborted) stop();
    await whole.finally(() => clearInterval(ticking));
    return new Blob(pieces, { type: recorder.mimeType });
  } finally {
    stream.getTracks().forEach((track) => track.stop());
  }
}
