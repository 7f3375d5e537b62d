// The stage: everything that a performer sees and turns, on one page.

import { at, element, write } from "./element.js";
import { buildKnobs } from "./knobs.js";
import { offerLarge } from "./large.js";
import { showLayers } from "./layers.js";
import { Learner } from "./learn.js";
import { Link } from "./link.js";
import { showHealth, showHeard, showScene, showSpectrogram } from "./meters.js";
import { Picture } from "./pictures.js";
import { sayOf } from "./said.js";
import { offerPictures } from "./screen.js";

const described = await (await fetch("/instrument.json")).text();
const instrument = JSON.parse(described);
const link = new Link("/live");

at("show").textContent = instrument.title;
document.title = `${instrument.title} – Phonoscope`;
sayOf(link, at("status"));
// After a loss it may be another instrument: what that has not, such as cues, would stay here.
async function lookAgain() {
  if (await (await fetch("/instrument.json")).text() !== described) location.reload();
}
link.addEventListener("lost", () => link.addEventListener("there", lookAgain, { once: true }));
link.on("/phono/heartbeat", () => document.body.classList.remove("starting")); // with the first of all that is told

offerLarge(at("large"));
const pictures = new Map([["camera", new Picture("camera", at("camera"), at("camera-rate"))]]);
if (instrument.dream) pictures.set("dream", new Picture("dream", at("dream"), at("dream-rate")));
const screen = offerPictures(at("pictures"), at("which"), at("full"), at("second"), pictures);
const learner = new Learner(link, instrument.parameters);
showScene(link, at("scene"));
showLayers(link, at("layers"), instrument);
showHeard(link, at("heard"));
showHealth(link, at);
showSpectrogram(link, at("spectrogram"));
buildKnobs(instrument.parameters, at("groups"), at("find"), link, learner);
at("explain").onclick = () => {
  at("explain").ariaPressed = at("knobs").classList.toggle("explained");
};

function pressed(id, address) {
  const button = at(id);
  link.on(address, (value) => { button.ariaPressed = value >= 0.5; });
  return () => link.send(address, button.ariaPressed === "true" ? 0 : 1);
}

// A button for each name that comes below the prefix, numbered from 1; as many as /count says.
function named(holder, prefix, launch) {
  const buttons = [];
  link.onAll(prefix, (number, name) => {
    if (number === "count") buttons.forEach((button, i) => { button.hidden ||= i >= name; });
    if (!/^\d+$/.test(number)) return;
    while (buttons.length < number) {
      const button = element("button", { type: "button", hidden: true });
      button.onclick = () => launch(button.textContent);
      holder.append(button);
      buttons.push(button);
    }
    Object.assign(buttons[number - 1], { textContent: name, hidden: !name });
  });
  return buttons;
}

const doing = {
  p: pressed("panic", "/phono/param/master/panic"),
  r: pressed("record", "/phono/param/master/record"),
  t: () => link.send("/phono/tempo/tap"),
  f: screen.full,
  v: screen.next,
  Escape: () => learner.cancel(),
  ArrowRight: () => link.send("/phono/cue/next"),
  " ": () => link.send("/phono/cue/next"),
  ArrowLeft: () => link.send("/phono/cue/previous"),
};
at("panic").onclick = doing.p;
at("record").onclick = doing.r;
at("tap").onclick = doing.t;
at("next").onclick = doing.ArrowRight;
at("previous").onclick = doing.ArrowLeft;
link.on("/phono/param/master/panic", (on) => {
  at("silenced").textContent = on >= 0.5 ? "Panic: all is silent. Press Panic again to play." : "";
});
let recording = false;
const showRecording = (seconds) => {
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const time = [hours, minutes, Math.floor(seconds) % 60].map((x) => String(x).padStart(2, "0")).join(":");
  write(at("record-word"), recording ? `Recording ${time}` : "Record");
};
link.on("/phono/param/master/record", (on) => {
  recording = on >= 0.5;
  showRecording(0);
});
link.on("/phono/state/sound/recorded_s", showRecording);

const cues = named(at("cues"), "/phono/cue/", (name) => link.send("/phono/cue/launch", name));
link.on("/phono/cue/count", (count) => { at("cue-section").hidden = count === 0; });
link.on("/phono/cue/current", (number) => {
  cues.forEach((button, i) => { button.ariaCurrent = i + 1 === number; });
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
  if (event.key === " " && event.target.closest("button, a")) return;  // it presses the button
  const cue = /^[1-9]$/.test(event.key) ? cues[event.key - 1] : null;
  if (cue && !cue.hidden) cue.click();
  else if (doing[event.key]) doing[event.key]();
  else return;
  event.preventDefault();
});
