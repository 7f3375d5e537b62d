// Records what the browser's microphone hears.

export const LONGEST_S = 30;

// Why there is nothing to record with, or "".
export function whyNot() {
  if (navigator.mediaDevices && window.MediaRecorder) return "";
  return window.isSecureContext ? "This browser doesn't record."
    : "Browsers lend a microphone only to pages of their own machine or over HTTPS; here, choose a file.";
}

// Records until `stopped` (an AbortSignal) or for LONGEST_S, and returns the sound as a Blob. going: told the seconds.
export async function recorded(stopped, going) {
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
