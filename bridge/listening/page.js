"use strict";
// The listening page. `data` is what bridge/listening/__init__.py puts into the page; text reaches the page as text only.
const { groups, low, high } = JSON.parse(document.getElementById("data").textContent);
const PLAY = "M3 1.5v11l9.5-5.5z", PAUSE = "M2.5 1.5h3v11h-3zM8.5 1.5h3v11h-3z";
const LABELS = [[100, "100 Hz"], [1000, "1 kHz"], [10000, "10 kHz"]];
const all = [];            // every example in the order of the page
let current = null;        // the example that plays or was the last to play

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

function symbol() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 14 14");
  svg.append(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  return svg;
}

function show(example) {
  const plays = !example.audio.paused;
  example.card.classList.toggle("plays", plays);
  example.button.querySelector("path").setAttribute("d", plays ? PAUSE : PLAY);
  example.button.ariaLabel = `${plays ? "Stop" : "Play"} ${example.title}`;
  example.head.hidden = !plays && example.audio.currentTime === 0;
  example.head.style.left = `${100 * example.audio.currentTime / example.seconds}%`;
  if (plays) requestAnimationFrame(() => show(example));
}

// Play from `at` seconds; without it from where the group's other example is, or where this one was stopped.
function play(example, at) {
  const other = current;
  if (other && other !== example) {
    if (at === undefined && other.group === example.group && !other.audio.paused) at = other.audio.currentTime;
    other.audio.pause();
    other.audio.currentTime = 0;
  }
  current = example;
  if (at !== undefined) example.audio.currentTime = Math.min(at, example.seconds - 0.05);
  example.audio.play();
}

function toggle(example) {
  if (example.audio.paused) play(example);
  else example.audio.pause();
}

function card(example) {
  const audio = example.audio = new Audio();
  audio.preload = "none";
  audio.src = example.sound;
  audio.addEventListener("ended", () => { audio.currentTime = 0; });
  for (const event of ["play", "pause", "seeked", "ended"]) audio.addEventListener(event, () => show(example));
  example.head = element("div", { className: "head", hidden: true });
  const picture = element("div", { className: "picture", onclick: event => {
    const box = picture.getBoundingClientRect();
    play(example, example.seconds * (event.clientX - box.left) / box.width);
  } }, element("img", { src: example.picture, alt: `Spectrogram of ${example.title}`, loading: "lazy" }));
  const parts = example.channels ? ["left", "right"] : [""];
  parts.forEach((name, part) => {
    for (const [hertz, label] of LABELS) {
      const y = Math.log(high / hertz) / Math.log(high / low);
      const mark = element("span", { className: y > 0.8 ? "above" : "", textContent: label });
      mark.style.top = `${100 * (part + y) / parts.length}%`;
      picture.append(mark);
    }
    const side = element("b", { textContent: name });
    side.style.top = `${100 * part / parts.length + 2}%`;
    picture.append(side);
  });
  picture.append(example.head);
  example.button = element("button", { type: "button", onclick: () => toggle(example) }, symbol());
  example.card = element("article", {}, picture, element("div", { className: "words" },
    example.button, element("h3", { textContent: example.title }),
    element("small", { textContent: `${example.seconds} s` }), element("p", { textContent: example.text }),
    element("details", {}, element("summary", { textContent: "knobs" }),
      ...example.knobs.map(line => element("code", { textContent: line })))));
  show(example);
  return example.card;
}

groups.forEach((group, number) => {
  const id = `group-${number + 1}`;
  document.querySelector("nav").append(element("a", { href: `#${id}`, textContent: group.title }));
  const examples = element("div", { className: "examples" });
  for (const example of group.examples) {
    example.group = group;
    all.push(example);
    examples.append(card(example));
  }
  document.querySelector("main").append(element("section", { id }, element("h2", { textContent: group.title }),
    element("p", { textContent: group.text }), examples));
});

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("button, summary, a")) {
    if (event.key === " " || event.key === "Enter") return;
  }
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === " ") {
    toggle(current || all[0]);
  } else if (step) {
    const next = all[(current ? all.indexOf(current) + step + all.length : 0) % all.length];
    play(next);
    next.card.scrollIntoView({ block: "nearest" });
  } else {
    return;
  }
  event.preventDefault();
});
