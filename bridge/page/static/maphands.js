// What mouse, fingers and keys do with the map.

const MOVED = 5, REACH = 14, FINGER = 24;   // CSS pixels

// does: {hover(x, y, reach), choose(x, y, reach), zoom(factor, x, y), pan(dx, dy), leave()}, all in CSS pixels of the canvas.
export function pointers(canvas, does) {
  const fingers = new Map();
  let moved = 0;
  canvas.addEventListener("wheel", (event) => {
    event.preventDefault();
    does.zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.offsetX, event.offsetY);
  }, { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (fingers.size === 1) moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId), now = [event.offsetX, event.offsetY];
    if (!before) {
      does.hover(...now, REACH);
      return;
    }
    const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
    moved += Math.hypot(dx, dy);
    if (fingers.size === 2) {
      const [, other] = [...fingers].find(([id]) => id !== event.pointerId);
      const apart = (one) => Math.max(1, Math.hypot(one[0] - other[0], one[1] - other[1]));
      does.zoom(apart(now) / apart(before), ...other);
    } else if (moved > MOVED) {
      canvas.classList.add("drag");
      does.leave();
      does.pan(dx, dy);
    }
    fingers.set(event.pointerId, now);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      fingers.delete(event.pointerId);
      canvas.classList.remove("drag");
      if (kind === "pointercancel" || moved > MOVED || fingers.size) return;
      does.choose(event.offsetX, event.offsetY, event.pointerType === "mouse" ? REACH : FINGER);
    });
  }
  canvas.addEventListener("pointerleave", () => does.leave());
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// does: {clear, first, search, whole, zoom(factor), walk(dx, dy), play}.
export function keys(canvas, search, does) {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = event.target, key = event.key;
    if (key === "Escape") does.clear();
    else if (at === search && key === "Enter") does.first();
    else if (at.closest("input, select")) return;
    else if (key === "/") does.search();
    else if (key === "0") does.whole();
    else if (key === "+" || key === "-") does.zoom(key === "+" ? 1.3 : 1 / 1.3);
    else if (at !== canvas && at !== document.body) return;
    else if (STEPS[key]) does.walk(...STEPS[key]);
    else if (key === "Enter" || key === " ") does.play();
    else return;
    event.preventDefault();
  });
}
