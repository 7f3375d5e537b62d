// The view Dream: what the instrument paints of its microphone, and what the studio paints of a sound of one's own.

import { at } from "./element.js";
import { Knob } from "./knobs.js";
import { showLevel } from "./level.js";
import { Link } from "./link.js";
import { showHeard, showSpectrogram } from "./meters.js";
import { rest, showOwn, toggle } from "./own.js";
import { Picture } from "./pictures.js";
import { sayOf } from "./said.js";
import { offerFull } from "./screen.js";

const told = async (path) => (await fetch(path)).json();
const [described, limits] = await Promise.all([told("/instrument.json"), told("/dream/knobs.json")]);

let picture = null;

// The instrument tells a browser everything as long as it listens; so it is asked when somebody looks.
function live() {
  const link = new Link("/live");
  sayOf(link, at("status"));
  link.on("/phono/feature/rms", (dbfs) => showLevel(at("live-level"), dbfs));
  showHeard(link, at("heard"));
  showSpectrogram(link, at("spectrogram"));
  if (!described.dream) return;
  at("asleep").hidden = true;
  at("awake").hidden = at("live-turn").hidden = false;
  offerFull(at("live-full"), at("live-picture").parentElement);
  const knobs = new Map();
  for (const parameter of described.parameters) {
    if (!/^(dream|listen)\//.test(parameter.path)) continue;
    const name = parameter.path.split("/").at(-1);
    const knob = new Knob(parameter, name, `live-${name}`, link);
    at("live-knobs").append(knob.row);
    knobs.set(parameter.path, knob);
  }
  link.onAll("/phono/param/", (path, value) => knobs.get(path)?.hear(value));
  picture = new Picture("dream", at("live-picture"), at("live-rate"));
}

let met = false;

function choose() {
  const own = location.hash === "#own" || (location.hash !== "#live" && !described.dream);
  at("own-view").hidden = !own;
  at("live-view").hidden = own;
  at("to-own").ariaPressed = own;
  at("to-live").ariaPressed = !own;
  if (!own) rest();
  if (!own && !met) {
    met = true;
    live();
  }
  if (picture) picture.shown = !own;
}

showOwn(limits);
at("to-own").onclick = () => { location.hash = "own"; };
at("to-live").onclick = () => { location.hash = "live"; };
addEventListener("hashchange", choose);
choose();

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey || event.repeat || at("own-view").hidden) return;
  if (event.target.closest("button, input:not([type=range]), summary, select, textarea")) return;
  toggle();
  event.preventDefault();
});
