// A soundscape's outline on a canvas, and how much of it has been heard.

export function drawWave(canvas, outline, position) {
  const context = canvas.getContext("2d");
  const colours = getComputedStyle(canvas);
  const width = canvas.width / outline.length;
  const middle = canvas.height / 2;
  context.clearRect(0, 0, canvas.width, canvas.height);
  const greatest = Math.max(0.05, ...outline);
  outline.forEach((amplitude, i) => {
    const height = Math.max(1, middle * amplitude / greatest);
    context.fillStyle = colours.getPropertyValue(i < position * outline.length ? "--signal" : "--soft");
    context.fillRect(i * width, middle - height, Math.max(1, width - 1), 2 * height);
  });
}
