// Imagine: a picture goes in, its soundscape comes out, and can be changed, kept and shown around.

import { ask } from "./ask.js";
import { at, element, fill, write } from "./element.js";
import { askForFile, baseName } from "./filed.js";
import { photographed, prepared, seenByCamera, whenGiven } from "./given.js";
import { FLOOR_DB, showLevel } from "./level.js";
import { Matches } from "./matches.js";
import { drawOutline } from "./outline.js";
import { Player } from "./player.js";
import { say } from "./said.js";
import { percent, words } from "./words.js";

const SECONDS = 20;
const SETTLED_MS = 250; // after a switch or level was moved for the last time, its soundscape is asked for
const LARGEST_MB = 32;

const player = new Player();
const matches = new Matches(at("matches"), changed);
let now = null; // the picture that is heard: { library, name, body, shown, address }
let looking = null;
let settling = 0;

function asked(more) {
  return new URLSearchParams({ library: now.library, picks: matches.picks, ...more });
}

async function imagine(given, name, anew = true) {
  looking?.abort();
  const { signal } = looking = new AbortController();
  player.wake();
  at("doing").textContent = `Looking at ${name} …`;
  at("view").ariaBusy = true;
  try {
    const { body, shown } = await prepared(given);
    if (body.size > LARGEST_MB << 20) throw new Error(`${name} is too large; ${LARGEST_MB} MB at most`);
    if (signal.aborted) return;
    const answer = await ask(`/imagine/picture?${new URLSearchParams({ name })}`, { method: "POST", body, signal });
    show(await answer.json(), name, body, shown);
    await hear(anew);
    player.go();
  } catch (error) {
    if (signal.aborted) return;
    say(error.message);
  } finally {
    if (looking.signal === signal) {
      at("view").ariaBusy = null;
      tell();
    }
  }
}

function show(told, name, body, shown) {
  if (now) URL.revokeObjectURL(now.address);
  now = { library: told.fp, name, body, address: URL.createObjectURL(body) };
  at("view").className = "";
  for (const id of ["hearing", "seeing", "matching"]) at(id).hidden = false;
  at("picture").src = now.address;
  at("picture").alt = `${name}, taken for ${words(told.scene[0].class)}`;
  at("picture").hidden = !shown;
  at("invitation").hidden = shown;
  at("invitation").textContent = `This browser can't show ${name}`;
  at("choose").textContent = "Another picture";
  at("scene").replaceChildren(...told.scene.map((scene) => {
    const row = element("li", {}, element("span", { textContent: words(scene.class) }), element("span", { textContent: percent(scene.p) }));
    fill(row, scene.p);
    return row;
  }));
  matches.show(told.matches, told.picks);
}

function changed() {
  clearTimeout(settling);
  settling = setTimeout(() => hear().catch((error) => say(error.message)), SETTLED_MS);
}

// anew: what to do when another library plays by now, look at the picture again or leave it.
async function hear(anew = true) {
  clearTimeout(settling);
  const { picks } = matches;
  try {
    if (!picks) player.leave();
    else if (!await player.play(`/imagine/sound.wav?${asked({ seconds: SECONDS })}`)) return;
    at("hearing").dataset.picks = picks;
  } catch (error) {
    if (error.status !== 409 || !anew) throw error;
    await imagine(now.body, now.name, false);
  }
}

function tell() {
  const state = player.state;
  const count = matches.picks.split(",").filter(Boolean).length;
  at("hearing").dataset.state = state;
  at("hear").hidden = state !== "waiting";
  at("play").firstChild.data = state === "playing" || state === "waiting" ? "Stop " : "Play ";
  at("play").disabled = state === "none";
  if (at("view").ariaBusy) return; // and that is said
  write(at("doing"), !now ? ""
    : state === "playing" ? `${now.name}: ${count} ${count === 1 ? "sound plays" : "sounds play"}`
    : state === "none" ? `${now.name}: no sound is switched on` : now.name);
}

function meter() {
  const { level } = player;
  write(at("level").lastChild, level > FLOOR_DB ? `${Math.round(level)} dBFS`.replace("-", "−") : "silent");
  showLevel(at("level"), level);
  if (!player.voice) return;
  const { outline, position } = player.voice, greatest = Math.max(0.05, ...outline);
  drawOutline(at("wave"), outline.map((amplitude) => amplitude / greatest), position);
}

export { player };

whenGiven(imagine, say);
player.addEventListener("state", tell);
player.addEventListener("broke", () => say("The sound broke off; change a level to hear it anew"));
setInterval(meter, 66);

at("choose").onclick = () => at("file").click();
at("photograph").onclick = async () => {
  if (!navigator.mediaDevices) { // a page that came unencrypted from another machine has none; its phone's camera does
    at("shot").click();
    return;
  }
  try {
    const photograph = await photographed(at("shutter"));
    if (photograph) imagine(photograph, "photograph.jpg");
  } catch (error) {
    say(`The camera can't be used: ${error.message}`);
  }
};
at("camera").onclick = async () => {
  player.wake();
  try {
    imagine(await seenByCamera(), "camera.jpg");
  } catch (error) {
    say(error.message);
  }
};
at("hear").onclick = () => {
  player.go();
  at("play").focus();
};
at("play").onclick = () => (player.state === "stopped" ? player.go() : player.stop());
at("volume").oninput = () => { player.volume.gain.value = (at("volume").value / 80) ** 2; };
at("download").onclick = () =>
  askForFile(at("download"), `${baseName(now.name)}.wav`, `/imagine/sound.wav?${asked({ seconds: SECONDS, name: now.name })}`);
at("save").onclick = () =>
  askForFile(at("save"), `${baseName(now.name)}.html`, `/imagine/page?${asked({ name: now.name })}`, { method: "POST", body: now.body });
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.repeat || event.target.closest("input, button, a, summary, dialog")) return;
  event.preventDefault();
  at("play").click();
});
