// A picture and its soundscape. `data` is what bridge/imagined/__init__.py puts into the page.
import { at, element, fill } from "./element.js";
import { origin, percent, words } from "./words.js";

const { name, picture, sound, scene, matches } = JSON.parse(document.getElementById("data").textContent);
const PLAY = "M3 1v12l10-6z", PAUSE = "M2.5 1.5h3v11h-3zM8.5 1.5h3v11h-3z";
const audio = new Audio(sound);
audio.loop = true;

function bar(part, text, figure) {
  const row = element("div", { className: "bar" }, element("span", { textContent: text }), element("span", { textContent: figure }));
  fill(row, part);
  return row;
}

function reasons(why) {
  if (!why.length) return "has little in common with the picture, but more than the others";
  const told = why.map(({ class: label, p, q }) => `${words(label)} (seen ${percent(p)}, heard ${percent(q)})`);
  return `because of ${told.join(", ")}`;
}

function show() {
  const plays = !audio.paused;
  at("play").querySelector("path").setAttribute("d", plays ? PAUSE : PLAY);
  at("play").querySelector("span").textContent = plays ? "Pause" : "Listen";
  fill(at("progress"), audio.duration ? audio.currentTime / audio.duration : 0);
  if (plays) requestAnimationFrame(show);
}

at("picture").src = picture;
at("picture").alt = `The picture ${name}`;
at("name").textContent = name;
at("scene").append(...scene.map((place) => element("li", {}, bar(place.p, words(place.class), percent(place.p)))));
const heard = matches.filter((match) => match.level > 0).sort((a, b) => b.level - a.level);
at("sounds").append(...heard.map((match) => element("li", {}, bar(match.level, match.title, percent(match.level)),
  element("p", { textContent: reasons(match.why) }))));
at("others").append(...matches.filter((match) => !match.level).map((match) =>
  element("li", {}, bar(match.score, match.title, match.score.toFixed(2)))));
const credits = new Map();
for (const match of heard) {
  const of = JSON.stringify([match.licence, match.source]);
  credits.set(of, [...credits.get(of) ?? [], match]);
}
at("credits").append(...Array.from(credits.values(), (alike) => element("li", {},
  element("strong", { textContent: alike.map((match) => match.title).join(", ") }),
  alike[0].licence ? `: ${alike[0].licence} ` : " ", origin(alike[0].source))));

for (const event of ["play", "pause", "timeupdate"]) audio.addEventListener(event, show);
at("play").addEventListener("click", () => audio.paused ? audio.play() : audio.pause());
addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.closest("button, a")) return;
  event.preventDefault();
  at("play").click();
});
show();
