// The walk: through panoramas, from one to the next, with what they sound like.

import { Compass } from "./compass.js";
import { element } from "./element.js";
import { Flat } from "./flat.js";
import { Heard } from "./heard.js";
import { Look } from "./look.js";
import { Over } from "./over.js";
import { say } from "./said.js";
import { soundscape } from "./search.js";
import { openSite } from "./site.js";
import { Sound } from "./sound.js";
import { Sphere } from "./sphere.js";

const STEP_S = 0.9;
const FINEST = 2; // pixels of the canvas to one of the page

const at = (id) => document.getElementById(id);
const panel = at("heard");
const beside = matchMedia("(min-width: 60rem)");
const still = matchMedia("(prefers-reduced-motion: reduce)");

const site = await openSite().catch((error) => {
  at("invitation").textContent = error.message;
  at("invitation").className = "wrong";
  at("enter").remove();
  throw error;
});

const canvas = at("view");
export const look = new Look(canvas, () => still.matches, wake);
const picture = open(canvas);
const over = new Over(at("ways"), at("names"), take, (azimuth) => look.towards(azimuth));
const heard = new Heard(at("sounds"), at("credits"));
const compass = new Compass(at("compass"));
export const sound = new Sound(site, say);
let here = null;
let going = null;
let mixing = 1;
let drawn = 0; // when; 0 while nothing moves

function open(on) {
  try {
    return new Sphere(on, wake);
  } catch {
    at("flat").hidden = false;
    return new Flat(on);
  }
}

function wake() {
  if (!drawn) {
    drawn = performance.now();
    requestAnimationFrame(draw);
  }
}

function draw(now) {
  const seconds = Math.max(0, now - drawn) / 1000;
  const moving = look.follow(seconds);
  mixing = still.matches ? 1 : Math.min(1, mixing + seconds / STEP_S);
  const scale = Math.min(devicePixelRatio, FINEST);
  const width = Math.round(canvas.clientWidth * scale), height = Math.round(canvas.clientHeight * scale);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const { view } = look;
  picture.draw(view, mixing * mixing * (3 - 2 * mixing));
  over.place(picture, view, beside.matches && panel.open ? panel.offsetLeft : canvas.clientWidth);
  heard.turn(view.yaw);
  compass.turn(view, width / height);
  sound.turn(view.yaw);
  drawn = moving || mixing < 1 ? now : 0;
  if (drawn) requestAnimationFrame(draw);
}

// Takes a link; who goes on straight ahead looks straight ahead afterwards, too.
function take(link) {
  const back = site.panoramas.find(({ id }) => id === link.to).links.find(({ to }) => to === here.id);
  go(link.to, back ? back.azimuth + 180 - link.azimuth : 0);
}

// Goes to a panorama and turns the view against its picture by so many degrees. The newest wish wins.
async function go(id, turned, visit = true) {
  const next = site.panoramas.find((panorama) => panorama.id === id);
  const wish = going = Symbol(id);
  const sounds = soundscape(site, next);
  document.body.classList.add("busy");
  sound.prepare(sounds);
  const image = await loaded(next.picture);
  if (going !== wish) return;
  document.body.classList.remove("busy");
  const byWay = at("ways").contains(document.activeElement);
  mixing = here ? 0 : 1;
  here = next;
  picture.show(image, turned);
  look.jump(look.view.yaw + turned);
  sound.play(sounds);
  over.show(next, sounds, site);
  heard.show(next, sounds, site);
  compass.show(next, sounds);
  at("place").textContent = next.title;
  canvas.setAttribute("aria-label", `${next.title}: panorama`);
  document.title = `${next.title} – ${site.title}`;
  for (const button of at("places").querySelectorAll("button")) button.setAttribute("aria-current", button.value === id);
  if (visit) history.pushState(null, "", fragment(id));
  if (byWay) (over.ahead(look.view) ?? at("ways").firstElementChild)?.focus();
  for (const { to } of next.links) new Image().src = site.panoramas.find((panorama) => panorama.id === to).picture;
  document.body.dataset.at = id;
}

async function loaded(address) {
  const image = Object.assign(new Image(), { src: address });
  try {
    await image.decode();
    return image;
  } catch {
    say(`The picture ${address} can't be loaded; its sounds can be heard all the same`);
    return null;
  }
}

const fragment = (id) => `#${encodeURIComponent(id)}`;

function addressed() {
  return site.panoramas.find(({ id }) => fragment(id) === location.hash)?.id ?? site.first;
}

function mute() {
  sound.muted = !sound.muted;
  at("mute").setAttribute("aria-pressed", sound.muted);
}

document.title = at("title").textContent = site.title;
at("places").replaceChildren(...site.panoramas.map(({ id, title }) => {
  const button = element("button", { type: "button", value: id, textContent: title });
  button.onclick = () => {
    at("where").open = false;
    go(id, -look.view.yaw);
  };
  return element("li", {}, button);
}));
at("mute").onclick = mute;
at("volume").oninput = () => { sound.volume = at("volume").valueAsNumber; };
at("move").hidden = !("DeviceOrientationEvent" in window && matchMedia("(pointer: coarse)").matches);
at("move").onclick = async () => {
  const allowed = await DeviceOrientationEvent.requestPermission?.() ?? "granted"; // iOS asks
  if (allowed !== "granted") return say("the device does not tell how it is held");
  look.followDevice();
  at("move").hidden = true;
};
at("enter").onclick = async () => {
  at("welcome").remove();
  document.body.classList.add("inside");
  for (const part of document.querySelectorAll("[inert]")) part.inert = false;
  canvas.focus();
  wake();
  try {
    await sound.start();
  } catch (error) {
    say(`This browser makes no sound: ${error.message}`);
  }
};
document.addEventListener("pointerdown", () => sound.resume());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, summary")) return;
  if (event.key === "m") mute();
  else if (event.key === "Enter" && !event.target.closest("button, a")) over.ahead(look.view)?.click();
  else if (!look.key(event.key)) return;
  event.preventDefault();
});
addEventListener("resize", wake);
addEventListener("popstate", () => go(addressed(), -look.view.yaw, false));
panel.open = beside.matches;
panel.ontoggle = wake;
await go(addressed(), 0, false);
at("enter").disabled = false;
at("enter").focus();
