// Which of the pictures is shown: the camera's, the dream, or both; in the page, on the full screen, or, by ?only=dream
// and the like, alone in a window for a second screen.

import { keep, kept } from "./kept.js";

// Lets a button show an element on the full screen, where the browser can. Returns what the button does.
export function offerFull(button, shown) {
  const toggle = () => (document.fullscreenElement ? document.exitFullscreen() : shown.requestFullscreen());
  button.hidden = !document.fullscreenEnabled;
  button.onclick = toggle;
  return toggle;
}

// section: holds the figures, whose data-picture says which each is. pictures: Picture by that name.
export function offerPictures(section, buttons, full, second, pictures) {
  const names = [...pictures.keys()];
  const modes = names.length > 1 ? [...names, "both"] : names;
  const alone = new URLSearchParams(location.search).get("only");
  const known = (mode) => modes.includes(mode);
  for (const figure of section.querySelectorAll("figure")) {
    if (!pictures.has(figure.dataset.picture)) figure.remove();
  }
  buttons.hidden = modes.length < 2;

  const show = (mode) => {
    section.dataset.shown = mode;
    for (const [name, picture] of pictures) {
      picture.shown = mode === name || mode === "both";
      section.querySelector(`[data-picture="${name}"]`).hidden = !picture.shown;
    }
    for (const button of buttons.children) button.ariaPressed = button.dataset.shown === mode;
    second.href = `/?only=${mode}`;
  };
  const choose = (mode) => {
    keep("picture", mode);
    show(mode);
  };
  for (const button of buttons.children) button.onclick = () => choose(button.dataset.shown);
  document.documentElement.classList.toggle("only", alone !== null);
  show([alone, kept("picture")].find(known) ?? modes.at(-1));

  return {
    full: offerFull(full, section),
    next: () => choose(modes[(modes.indexOf(section.dataset.shown) + 1) % modes.length]),
  };
}
