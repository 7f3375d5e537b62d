// The walk: through panoramas, from one to the next, with what they sound like.

import { spans } from "./bearings.js";
import { Compass } from "./compass.js";
import { at, calm, element } from "./element.js";
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

const panel = at("heard");
const beside = matchMedia("(min-width: 60rem)");

const site = await openSite().catch((error) => {
  at("invitation").textContent = error.message;
  at("invitation").className = "wrong";
  at("enter").remove();
  throw error;
});

const canvas = at("view");
export const look = new Look(canvas, () => calm.matches, wake);
const picture = open(canvas);
const over = new Over(at("ways"), at("names"), take, (azimuth) => look.towards(azimuth));
const heard = new Heard(at("sounds"), at("credits"));
const compass = new Compass(at("compass"));
export const sound = new Sound(site, say);
const panoramas = Object.fromEntries(site.panoramas.map((panorama) => [panorama.id, panorama]));
let here = null; // a panorama
let going = null; // the newest wish
let mixing = 1; // how far the step has come
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
  mixing = calm.matches ? 1 : Math.min(1, mixing + seconds / STEP_S);
  const scale = Math.min(devicePixelRatio, FINEST);
  const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.round(side * scale));
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const { view } = look;
  picture.draw(view, mixing * mixing * (3 - 2 * mixing));
  over.place(picture, view, beside.matches && panel.open ? panel.offsetLeft : canvas.clientWidth);
  heard.turn(view.yaw);
  compass.turn(view.yaw, spans(view.fov, width, height)[0]);
  sound.turn(view.yaw);
  drawn = moving || mixing < 1 ? now : 0;
  if (drawn) requestAnimationFrame(draw);
}

// Takes a link; who goes on straight ahead looks straight ahead afterwards, too.
function take(link) {
  const back = panoramas[link.to].links.find(({ to }) => to === here.id);
  go(link.to, back ? back.azimuth + 180 - link.azimuth : 0);
}

// Goes to a panorama and turns the view against its picture by so many degrees. The newest wish wins.
async function go(id, turned, visit = true) {
  const next = panoramas[id], wish = going = {}, sounds = soundscape(site, next);
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
  over.show(next, sounds, site.clips, panoramas);
  heard.show(next, sounds, site);
  compass.show(next, sounds);
  at("place").textContent = next.title;
  canvas.ariaLabel = `${next.title}: panorama`;
  document.title = `${next.title} – ${site.title}`;
  for (const button of at("places").querySelectorAll("button")) button.ariaCurrent = button.value === id;
  if (visit) history.pushState(null, "", fragment(id));
  if (byWay) (over.ahead(look.view) ?? at("ways").firstElementChild)?.focus();
  for (const { to } of next.links) new Image().src = panoramas[to].picture;
  document.body.dataset.at = id;
}

function loaded(address) {
  const image = Object.assign(new Image(), { src: address });
  return image.decode().then(() => image, () => {
    say(`The picture ${address} can't be loaded; its sounds can be heard all the same`);
    return null;
  });
}

const fragment = (id) => `#${encodeURIComponent(id)}`;

function addressed() {
  return site.panoramas.find(({ id }) => fragment(id) === location.hash)?.id ?? site.first;
}

function loudness() {
  sound.loudness(at("mute").ariaPressed === "true" ? 0 : at("volume").valueAsNumber);
}

function mute() {
  at("mute").ariaPressed = at("mute").ariaPressed !== "true";
  loudness();
}

document.title = at("title").textContent = site.title;
at("places").replaceChildren(...site.panoramas.map(({ id, title }) => {
  const button = element("button", { value: id, textContent: title });
  button.onclick = () => {
    at("where").open = false;
    go(id, -look.view.yaw);
  };
  return element("li", {}, button);
}));
at("mute").onclick = mute;
at("volume").oninput = loudness;
loudness();
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
for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => sound.resume());
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, summary")) return;
  if (event.key === "m") mute();
  else if (event.key === "Enter" && !event.target.closest("button, a")) (at("enter") ?? over.ahead(look.view))?.click();
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
