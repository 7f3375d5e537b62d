export function element(tag, properties, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

// Says something else in an element; the same again would cost the browser a layout.
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
