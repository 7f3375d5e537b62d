// The stage: everything that a performer sees and turns, on one page.

import { Link } from "./link.js";
import { buildKnobs } from "./knobs.js";
import { showHealth, showHeard, showLayers, showScene, showSpectrogram } from "./meters.js";
import { show } from "./pictures.js";
import { say } from "./said.js";

const at = (id) => document.getElementById(id);
const described = await (await fetch("/instrument.json")).json();
const link = new Link("/live");

at("show").textContent = described.title;
document.title = `${described.title} – Phonoscope`;
link.addEventListener("there", () => { at("status").textContent = "playing"; at("status").className = ""; });
link.addEventListener("lost", () => { at("status").textContent = "no connection"; at("status").className = "lost"; });

link.on("/phono/event/learnt", (number, age, index) =>
  say(`${described.parameters[index].path} is learnt`, false));
link.on("/phono/error", (address, reason) => say([address, reason].filter(Boolean).join(": ")));

show("camera", at("camera"), at("camera-rate"));
if (described.dream) {
  show("dream", at("dream"), at("dream-rate"));
} else {
  at("dream").parentElement.remove();
  at("pictures").className = "one";
}
showScene(link, at("scene"));
showLayers(link, at("layers"));
showHeard(link, at("heard"));
showHealth(link, at("meters"), at("health"));
showSpectrogram(link, at("spectrogram"));
buildKnobs(described.parameters, at("groups"), at("find"), link, (path) => {
  link.send("/phono/midi/learn", path);
  say(`move the control that shall turn ${path}`, false);
});

function pressed(id, address) {
  const button = at(id);
  link.on(address, (value) => button.setAttribute("aria-pressed", value >= 0.5));
  return () => link.send(address, button.getAttribute("aria-pressed") === "true" ? 0 : 1);
}

function named(holder, prefix, launch) {
  const buttons = new Map();
  link.onAll(prefix, (number, name) => {
    if (!/^\d+$/.test(number)) return;
    if (!buttons.has(number)) {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.onclick = () => launch(button.textContent);
      holder.append(button);
      buttons.set(number, button);
    }
    buttons.get(number).textContent = name;
    buttons.get(number).hidden = !name;
  });
  return buttons;
}

const doing = {
  p: pressed("panic", "/phono/param/master/panic"),
  r: pressed("record", "/phono/param/master/record"),
  t: () => link.send("/phono/tempo/tap"),
  ArrowRight: () => link.send("/phono/cue/next"),
  " ": () => link.send("/phono/cue/next"),
  ArrowLeft: () => link.send("/phono/cue/previous"),
};
at("panic").onclick = doing.p;
at("record").onclick = doing.r;
at("tap").onclick = doing.t;
at("next").onclick = doing.ArrowRight;
at("previous").onclick = doing.ArrowLeft;

const cues = named(at("cues"), "/phono/cue/", (name) => link.send("/phono/cue/launch", name));
link.on("/phono/cue/count", (count) => { at("cue-section").hidden = count === 0; });
link.on("/phono/cue/current", (number) => {
  for (const [key, button] of cues) button.setAttribute("aria-current", Number(key) === number);
});
named(at("snapshots"), "/phono/snapshot/", (name) =>
  link.send("/phono/snapshot/recall", name, at("recall-seconds").valueAsNumber || 0));
at("store").onsubmit = (event) => {
  event.preventDefault();
  const name = at("snapshot-name").value.trim();
  if (name) link.send("/phono/snapshot/store", name);
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
  if (event.target.closest("input, summary, select, textarea")) return;
  if (event.key === " " && event.target.closest("button")) return;  // it presses the button
  const cue = /^[1-9]$/.test(event.key) ? cues.get(event.key) : null;
  if (cue && !cue.hidden) cue.click();
  else if (doing[event.key]) doing[event.key]();
  else return;
  event.preventDefault();
});
