// How loud a sound is: now, and over its time.

const FLOOR_DB = -60;
const STEP = 4; // px

export const part = (dbfs) => Math.max(0, Math.min(1, 1 - dbfs / FLOOR_DB));

export function showLevel(meter, dbfs) {
  meter.style.setProperty("--part", part(dbfs));
  meter.setAttribute("aria-valuenow", Math.round(Math.max(FLOOR_DB, Math.min(0, dbfs))));
}

// Draws a tape's level over its time, `gain` dB higher, bright up to the time `painted`.
export function drawCurve(canvas, tape, painted, gain) {
  const { seconds } = tape;
  const state = `${painted} ${seconds} ${gain}`;
  if (canvas.dataset.state === state) return;
  canvas.dataset.state = state;
  const { width, height } = canvas;
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const [bright, dim] = ["--signal", "--edge"].map((name) => style.getPropertyValue(name));
  context.clearRect(0, 0, width, height);
  for (let x = 0; x < width; x += STEP) {
    const time = x / width * seconds;
    const long = Math.max(2, height * part(tape.level(time, seconds * STEP / width) + gain));
    context.fillStyle = time < painted ? bright : dim;
    context.fillRect(x, (height - long) / 2, STEP - 1, long);
  }
}
