// Names of classes, shares and origins as people read them.

import { element } from "./element.js";

export const words = (name) => name.replaceAll("_", " ").replaceAll("/", ", ");
export const percent = (part) => `${Math.round(100 * part)}\u00a0%`;

// Where a sound comes from: an address as a link, anything else as it is.
export function origin(text) {
  return /^https?:\/\/\S+$/.test(text) ? element("a", { href: text, textContent: text, rel: "noopener noreferrer", target: "_blank" })
    : text;
}
