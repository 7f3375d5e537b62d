export const at = (id) => document.getElementById(id);

// Whether its user wants a page to move as little as may be.
export const calm = matchMedia("(prefers-reduced-motion: reduce)");

export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Says something else in an element; the same again would cost the browser a layout.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// Says how full a bar is, 0 to 1, in steps that an eye can tell apart.
export function fill(bar, part) {
  const told = Math.max(0, Math.min(1, part)).toFixed(3);
  if (bar.style.getPropertyValue("--part") !== told) bar.style.setProperty("--part", told);
}
