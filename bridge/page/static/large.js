// Large type, legible from two metres: by ?big in the address or a button, and kept.

import { keep, kept } from "./kept.js";

export function offerLarge(button, wanted = new URLSearchParams(location.search).has("big")) {
  const show = (large) => {
    document.documentElement.classList.toggle("large", large);
    button.ariaPressed = large;
  };
  show(wanted || kept("large") === "true");
  button.onclick = () => {
    const large = button.ariaPressed !== "true";
    keep("large", large);
    show(large);
  };
}
