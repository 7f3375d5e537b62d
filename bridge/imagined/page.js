"use strict";
// A picture and its soundscape. `data` is what bridge/imagined/__init__.py puts into the page; text reaches the page as text only.
const { name, picture, sound, scene, matches } = JSON.parse(document.getElementById("data").textContent);
const PLAY = "M3 1v12l10-6z", PAUSE = "M2.5 1.5h3v11h-3zM8.5 1.5h3v11h-3z";
const audio = new Audio(sound);
audio.loop = true;

function element(kind, properties = {}, ...children) {
  const node = Object.assign(document.createElement(kind), properties);
  node.append(...children);
  return node;
}

const at = (id) => document.getElementById(id);
const percent = (part) => `${Math.round(100 * part)} %`;
const spoken = (label) => label.replaceAll("_", " ").replaceAll("/", ", ");

function bar(part, ...children) {
  const row = element("li", {}, ...children);
  row.style.setProperty("--part", part);
  return row;
}

function source(text) {
  return /^https?:\/\//.test(text) ? element("a", { href: text, rel: "noreferrer", textContent: text }) : text;
}

function show() {
  const plays = !audio.paused;
  at("play").querySelector("path").setAttribute("d", plays ? PAUSE : PLAY);
  at("play").querySelector("span").textContent = plays ? "Pause" : "Listen";
  at("progress").style.setProperty("--part", audio.duration ? audio.currentTime / audio.duration : 0);
  if (plays) requestAnimationFrame(show);
}

at("picture").src = picture;
at("picture").alt = `The picture ${name}`;
at("name").textContent = name;
at("scene").append(...scene.map((place) =>
  bar(place.p, element("span", { textContent: spoken(place.class) }), element("span", { textContent: percent(place.p) }))));
const heard = matches.filter((match) => match.level > 0).sort((a, b) => b.level - a.level);
at("sounds").append(...heard.map((match) => bar(match.level, element("strong", { textContent: match.title }),
  element("p", { textContent: `level ${percent(match.level)}, score ${match.score.toFixed(2)}` }),
  element("p", { textContent: match.why.length ? `because of ${match.why.map((why) =>
    `${spoken(why.class)} (${percent(why.p)} of the picture, ${percent(why.q)} of the sound)`).join(", ")}` : "" }))));
at("others").append(...matches.filter((match) => !match.level).map((match) =>
  bar(match.score, element("span", { textContent: match.title }), element("span", { textContent: match.score.toFixed(2) }))));
at("credits").append(...heard.map((match) => element("li", {}, element("strong", { textContent: match.title }),
  match.licence ? `: ${match.licence} ` : " ", source(match.source))));

for (const event of ["play", "pause", "timeupdate"]) audio.addEventListener(event, show);
at("play").addEventListener("click", () => audio.paused ? audio.play() : audio.pause());
addEventListener("keydown", (event) => {
  if (event.key !== " " || event.target.closest("button, a")) return;
  event.preventDefault();
  at("play").click();
});
show();
