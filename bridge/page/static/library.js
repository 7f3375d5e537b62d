// The library that plays, as a map; what the instrument plays of it glows.

import { ask } from "./ask.js";
import { at, element, fill, write } from "./element.js";
import { Link } from "./link.js";
import { newest } from "./newest.js";
import { say, sayOf } from "./said.js";
import { SoundMap } from "./soundmap.js";

const FIRST_LOOK_MS = 500, LATER = 1.5, LONGEST_MS = 5000;
let shown = { fp: "" };
let sound = "";

async function askOf(path) {
  try {
    return await ask(`${path}?library=${shown.fp}`);
  } catch (error) {
    if (error.status === 409) load();
    throw error;
  }
}

export const map = new SoundMap(at("library"), {
  sound: newest(async (clip) => {
    const answer = await (await askOf(`/library/clip/${clip}.mp3`)).blob();
    URL.revokeObjectURL(sound);
    return sound = URL.createObjectURL(answer);
  }),
  detail: newest(async (clip) => {
    try {
      return await (await askOf(`/library/clip/${clip}.json`)).json();
    } catch (error) {
      say(error.message);
      return null;
    }
  }),
});

const look = newest(async () => {
  const data = await (await ask("/library.json")).json();
  if (data.fp === shown.fp) return;
  if (shown.fp) say("another library plays", false);
  shown = data;
  map.show(data);
  showPlaying();
  if (data.settled) about(data.projection);
  else settle(data.fp).catch((error) => console.warn(error));
});

function load() {
  look().catch((error) => say(error.message));
}

function about(projection) {
  at("about").textContent = `${shown.title}, arranged by ${projection}`;
}

// The map is there at once; where its sounds lie best is found meanwhile.
async function settle(fp) {
  at("about").textContent = `${shown.title}, being arranged`;
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LATER * wait, LONGEST_MS)) {
    await new Promise((go) => setTimeout(go, wait));
    if (shown.fp !== fp) return;
    const places = await (await askOf("/library/places.json")).json();
    if (!places.settled) continue;
    map.move(places.x, places.y);
    about(places.projection);
    return;
  }
}

const list = element("ol", { id: "playing" });
const none = element("p", { textContent: "Nothing" });
map.side.prepend(element("section", { ariaLabel: "Plays now" }, element("h2", { textContent: "Plays now" }), list, none));
let playing = [];

function showPlaying() {
  const there = playing.filter(({ clip }) => clip < (shown.clips?.title.length ?? 0));
  map.canvas.mark({ playing: there });
  none.hidden = there.length > 0;
  there.forEach(({ clip, layer, weight }, row) => {
    if (!list.children[row]) {
      const button = element("button", { type: "button" }, element("b", {}), element("span", {}), element("small", {}));
      list.append(element("li", {}, button));
    }
    const button = list.children[row].firstChild, texts = [String(layer), shown.clips.title[clip], weight.toFixed(2)];
    texts.forEach((text, i) => write(button.children[i], text));
    fill(button, weight);
    button.onclick = () => map.go(clip);
  });
  while (list.children.length > there.length) list.lastChild.remove();
}

const link = new Link("/live");
sayOf(link, at("status"));
link.addEventListener("lost", () => {
  playing = [];
  showPlaying();
});
link.on("/phono/library", load);
link.on("/phono/playing", (...told) => {
  playing = Array.from({ length: told.length / 2 }, (_, i) => ({ clip: told[2 * i], layer: i + 1, weight: told[2 * i + 1] }))
    .filter(({ clip }) => clip >= 0);
  showPlaying();
});
load();
