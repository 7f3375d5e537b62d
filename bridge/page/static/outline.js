// A sound's outline over its time: columns about the middle of a canvas.

const drawn = new WeakMap();

// heights: of each column, 0 to 1. part: how much is bright, 0 to 1.
export function drawOutline(canvas, heights, part) {
  const { width, height } = canvas, step = width / heights.length, bright = Math.ceil(part * heights.length);
  const tall = Array.from(heights, (one) => Math.max(2, Math.round(height * one)));
  const state = `${bright} ${tall}`;
  if (drawn.get(canvas) === state) return;
  drawn.set(canvas, state);
  const context = canvas.getContext("2d"), style = getComputedStyle(canvas);
  const [signal, soft] = ["--signal", "--soft"].map((name) => style.getPropertyValue(name));
  context.clearRect(0, 0, width, height);
  tall.forEach((one, i) => {
    context.fillStyle = i < bright ? signal : soft;
    context.fillRect(i * step, (height - one) / 2, Math.max(1, step - 1), one);
  });
}
