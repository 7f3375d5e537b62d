// The map of a library in a file of its own. `data` is what bridge/map/__init__.py puts into the page.
import { SoundMap } from "./soundmap.js";

const data = JSON.parse(document.getElementById("data").textContent);
document.querySelector("h1").textContent = data.title;
const map = new SoundMap(document.getElementById("library"), {
  sound: async (clip) => data.sounds[clip],
  detail: async (clip) => data.details[clip],
});
map.show(data);
