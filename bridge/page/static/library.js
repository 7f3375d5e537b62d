// The library that plays, as a map; what the instrument plays of it glows.

import { element } from "./element.js";
import { Link } from "./link.js";
import { newest } from "./newest.js";
import { say } from "./said.js";
import { SoundMap } from "./soundmap.js";

const FIRST_LOOK_MS = 500, LATER = 1.5, LONGEST_MS = 5000;
const at = (id) => document.getElementById(id);
let shown = { fp: "" };
let sound = "";

async function ask(path) {
  const answer = await fetch(`${path}?library=${shown.fp}`);
  if (answer.status === 409) load();
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
}

export const map = new SoundMap(at("library"), {
  sound: newest(async (clip) => {
    const answer = await (await ask(`/library/clip/${clip}.mp3`)).blob();
    URL.revokeObjectURL(sound);
    return sound = URL.createObjectURL(answer);
  }),
  detail: newest(async (clip) => {
    try {
      return await (await ask(`/library/clip/${clip}.json`)).json();
    } catch (error) {
      say(error.message);
      return null;
    }
  }),
});

const load = newest(async () => {
  const answer = await fetch("/library.json");
  const data = await answer.json();
  if (!answer.ok) {
    say(data.error);
    return;
  }
  if (data.fp === shown.fp) return;
  if (shown.fp) say("another library plays", false);
  shown = data;
  map.show(data);
  showPlaying();
  if (data.settled) about(data.projection);
  else settle(data.fp).catch((error) => console.warn(error));
});

function about(projection) {
  at("about").textContent = `${shown.title}, arranged by ${projection}`;
}

// The map is there at once; where its sounds lie best is found meanwhile.
async function settle(fp) {
  at("about").textContent = `${shown.title}, being arranged`;
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(LATER * wait, LONGEST_MS)) {
    await new Promise((go) => setTimeout(go, wait));
    if (shown.fp !== fp) return;
    const places = await (await ask("/library/places.json")).json();
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
    const button = list.children[row].firstChild, texts = [layer, shown.clips.title[clip], weight.toFixed(2)];
    texts.forEach((text, i) => { button.children[i].textContent = text; });
    button.style.setProperty("--part", weight);
    button.onclick = () => map.go(clip);
  });
  while (list.children.length > there.length) list.lastChild.remove();
}

const link = new Link("/live");
link.addEventListener("there", () => {
  at("status").textContent = "playing";
  document.body.classList.remove("lost");
});
link.addEventListener("lost", () => {
  at("status").textContent = "no connection";
  document.body.classList.add("lost");
  playing = [];
  showPlaying();
});
link.on("/phono/library", () => load());
link.on("/phono/playing", (...told) => {
  playing = Array.from({ length: told.length / 2 }, (_, i) => ({ clip: told[2 * i], layer: i + 1, weight: told[2 * i + 1] }))
    .filter(({ clip }) => clip >= 0);
  showPlaying();
});
load();
