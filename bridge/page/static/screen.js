// Which of the pictures is shown: the camera's, the dream, or both; in the page, on the full screen, or, by ?only=dream
// and the like, alone in a window for a second screen.

import { keep, kept } from "./kept.js";

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
    for (const button of buttons.children) button.setAttribute("aria-pressed", button.dataset.shown === mode);
    second.href = `/?only=${mode}`;
  };
  const choose = (mode) => {
    keep("picture", mode);
    show(mode);
  };
  for (const button of buttons.children) button.onclick = () => choose(button.dataset.shown);
  document.documentElement.classList.toggle("only", alone !== null);
  show([alone, kept("picture")].find(known) ?? modes.at(-1));

  const toggleFull = () => (document.fullscreenElement ? document.exitFullscreen() : section.requestFullscreen());
  full.hidden = !document.fullscreenEnabled;
  full.onclick = toggleFull;
  return {
    full: toggleFull,
    next: () => choose(modes[(modes.indexOf(section.dataset.shown) + 1) % modes.length]),
  };
}
