// A sound of one's own: heard, painted by the studio, and shown in time with it.

import { ask } from "./ask.js";
import { whenDropped } from "./dropped.js";
import { at, calm, write } from "./element.js";
import { askForFile, baseName, giveFile } from "./filed.js";
import { Knob } from "./knobs.js";
import { part, showLevel } from "./level.js";
import { offerRecording } from "./microphone.js";
import { drawOutline } from "./outline.js";
import { painted } from "./painted.js";
import { Reel } from "./reel.js";
import { say } from "./said.js";
import { offerFull } from "./screen.js";
import { Tape } from "./tape.js";

const AGAIN_MS = 300; // after a knob's last movement it is painted anew
const AHEAD_S = 0.5; // at least so much is painted before it plays
const COLUMNS = 250; // of the sound's course

export const tape = new Tape();
export const reel = new Reel(at("own-picture"), at("strip"), wind);
const values = { seed: 0 };
let limits = null;
let sound = null; // as it was given
let coming = new AbortController(); // what is being listened to or painted
let listening = null; // its signal until it can be played
let wanted = false; // it shall play, as soon as enough is painted
let turning = 0;
let pace = Infinity; // seconds of sound painted in a second

const minutes = (s) => {
  const tenths = Math.round(10 * s);
  return `${Math.floor(tenths / 600)}:${(tenths % 600 / 10).toFixed(1).padStart(4, "0")}`;
};
const tell = (text) => { at("told").textContent = text; };

// knobs: what can be turned, and limits, as /dream/knobs.json tells them.
export function showOwn(knobs) {
  limits = knobs;
  const rows = knobs.knobs.map((parameter) => {
    const knob = new Knob(parameter, parameter.path, `own-${parameter.path}`,
      { send: (address, value) => turn(parameter.path, value) });
    at("own-knobs").append(knob.row);
    knob.hear(parameter.default);
    return () => knob.turn(parameter.default);
  });
  at("seed").max = knobs.seed;
  at("seed").onchange = () => at("seed").checkValidity() && turn("seed", at("seed").valueAsNumber);
  at("another").onclick = () => {
    at("seed").value = Math.floor(Math.random() * 10_000);
    at("seed").onchange();
  };
  at("untouched").onclick = () => {
    rows.forEach((reset) => reset());
    at("seed").value = 0;
    at("seed").onchange();
  };
  at("file").onchange = () => at("file").files[0] && take(at("file").files[0]);
  whenDropped((given) => {
    if (!given) return;
    location.hash = "own";
    take(given);
  });
  offerRecording(at("record"), at("recording"), rest, take);
  at("play").onclick = toggle;
  at("time").oninput = () => wind(at("time").valueAsNumber);
  offerFull(at("own-full"), at("own-picture").parentElement);
  at("keep-picture").onclick = keepPicture;
  at("keep-film").onclick = keepFilm;
  requestAnimationFrame(follow);
}

export function rest() {
  wanted = false;
}

export function toggle() {
  if (!reel.seconds) return;
  wanted = !wanted;
  if (wanted && tape.time >= tape.seconds) wind(0);
}

// Takes a sound, has it made playable, and painted.
async function take(given) {
  if (given.size > limits.bytes) {
    say(`${given.name ?? "the recording"} is too large; expected at most ${limits.bytes >> 20} MB`);
    return;
  }
  const signal = listening = anew();
  rest();
  tell("Listening to it …");
  try {
    const wav = await (await ask("/dream/heard.wav", { method: "POST", body: given, signal })).arrayBuffer();
    const buffer = await tape.context.decodeAudioData(wav);
    if (signal.aborted) return;
    tape.load(buffer);
  } catch (error) {
    if (signal.aborted) return;
    listening = null;
    wrong(error);
    if (reel.painted < reel.seconds) paint(anew()); // the sound before, which was left for this one
    return;
  }
  listening = null;
  sound = given;
  reel.clear();
  at("time").max = tape.seconds;
  wanted = !calm.matches;
  await paint(signal);
}

async function paint(signal) {
  tell("Painting …");
  const query = new URLSearchParams(values);
  let begun, model;
  try {
    for await (const record of painted(sound, query, signal)) {
      if (!("jpeg" in record)) {
        if (record.remarks.length && !reel.there) say(record.remarks.join("; "));
        reel.begin(record);
        begun = performance.now();
        at("own-shown").hidden = false;
        model = record.model;
      } else {
        reel.add(record, tape.level(record.time));
        pace = reel.painted / Math.max(1e-3, (performance.now() - begun) / 1000);
      }
    }
    tell(`${Math.ceil(reel.seconds * reel.fps - 1e-6)} pictures of ${minutes(reel.seconds)}, painted by ${model}`);
  } catch (error) {
    if (!signal.aborted) wrong(error);
  }
}

function wrong(error) {
  tell(error.message);
  say(error.message);
}

// Leaves what is being painted, and returns the signal of what comes instead.
function anew() {
  clearTimeout(turning);
  coming.abort();
  coming = new AbortController();
  return coming.signal;
}

function turn(name, value) {
  values[name] = value;
  if (!sound || listening) return;
  clearTimeout(turning);
  turning = setTimeout(() => paint(anew()), AGAIN_MS);
}

export function wind(time) {
  tape.wind(time);
  at("time").value = time;
}

// Whether it can play from a time on without waiting for the painter.
function ready(time) {
  if (reel.there >= reel.seconds) return true;
  const left = (reel.seconds - reel.painted) / pace;
  return reel.there >= time + AHEAD_S && left < reel.seconds - time - AHEAD_S;
}

function follow() {
  requestAnimationFrame(follow);
  if (at("own-view").hidden && !tape.runs) return;
  const { time } = tape;
  if (tape.runs && !(wanted && (time < reel.there || reel.there >= reel.seconds))) tape.stop();
  if (!reel.seconds) return;
  if (wanted && !tape.runs && ready(time)) tape.play(rest);
  reel.show(time);
  at("own-view").dataset.state = tape.runs ? "plays" : wanted ? "waits" : "rests";
  write(at("play").firstElementChild, wanted ? "Pause" : "Play");
  write(at("clock"), `${wanted && !tape.runs ? "waits for the painter at " : ""}${minutes(time)} of ${minutes(reel.seconds)}`);
  if (tape.runs) at("time").value = time;
  const spoken = `${time.toFixed(1)} s`, gain = values.gain ?? 0, { seconds } = tape;
  if (at("time").ariaValueText !== spoken) at("time").ariaValueText = spoken;
  showLevel(at("own-level"), tape.level(time) + gain);
  drawOutline(at("curve"), Array.from({ length: COLUMNS }, (_, i) =>
    part(tape.level(i / COLUMNS * seconds, seconds / COLUMNS) + gain)), reel.painted / seconds);
}

const called = () => baseName(sound.name ?? "recording") || "sound";

function keepPicture() {
  const name = `${called()}-${tape.time.toFixed(1)}s.png`;
  at("own-picture").toBlob((blob) => giveFile(blob, name));
}

function keepFilm() {
  askForFile(at("keep-film"), `${called()}.mp4`, `/dream/film.mp4?${new URLSearchParams(values)}`, { method: "POST", body: sound });
}
