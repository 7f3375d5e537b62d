"use strict";
// The map of a library. `data` is what bridge/map/__init__.py puts into the page; text reaches the page as text only.
const data = JSON.parse(document.getElementById("data").textContent);
const clips = data.clips;
const NARROW = 900, PANEL = 250, CARD = 330;    // CSS pixels: page.css has them too
const canvas = document.getElementById("map"), pen = canvas.getContext("2d");
const card = document.getElementById("card"), tip = document.getElementById("tip"), hint = document.getElementById("hint");
const search = document.getElementById("search"), legend = document.getElementById("legend");
const audio = new Audio();
audio.id = "audio";
document.body.append(audio);

const view = { x: 0, y: 0, zoom: 1 };     // middle of the picture in map units, and magnification
let width = 0, height = 0, scale = 1;     // of the canvas in CSS pixels; pixels per map unit
let middle = 0;                           // x of the picture's middle, between the panels at the sides
let hovered = -1, selected = -1, sounding = -1;
let chosen = new Set();                   // categories; none is all
let visible = clips.map(() => true);
let colours = [], frame = 0;

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

// Colours and labels ------------------------------------------------------------------------------------------------

const groups = data.categories.map((name, number) => {
  const members = clips.flatMap((clip, i) => clip.c === number ? [i] : []);
  const median = axis => members.map(i => clips[i][axis]).sort((a, b) => a - b)[members.length >> 1];
  return { name: name.replaceAll("_", " ") || "no category", number, members, x: median("x"), y: median("y") };
});

// Hues run around the map, so that neighbours look alike; lightness tells the next one apart.
groups.slice().sort((a, b) => Math.atan2(a.y, a.x) - Math.atan2(b.y, b.x)).forEach((group, turn) => {
  const hue = (360 * turn / groups.length + 20) % 360;
  colours[group.number] = `hsl(${hue.toFixed(0)} 82% ${turn % 2 ? 73 : 62}%)`;
});

// Drawing -----------------------------------------------------------------------------------------------------------

const screen = clip => [middle + (clip.x - view.x) * scale, height / 2 + (clip.y - view.y) * scale];
const unit = () => 0.47 * Math.min(width > NARROW ? width - PANEL - CARD : width, height) * view.zoom;
const radius = () => Math.max(2.2, Math.min(8, 90 / Math.sqrt(clips.length))) * Math.min(2.2, Math.sqrt(view.zoom));

function redraw() {
  if (!frame) frame = requestAnimationFrame(draw);
}

function draw() {
  frame = 0;
  const ratio = devicePixelRatio || 1;
  width = innerWidth;
  height = innerHeight;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  middle = (width > NARROW ? width + PANEL - CARD : width) / 2;
  scale = unit();
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const r = radius();
  if (selected >= 0) {
    const from = screen(clips[selected]);
    for (const [i, cosine] of clips[selected].k) {
      pen.strokeStyle = colours[clips[i].c];
      pen.globalAlpha = 0.2 + 0.6 * Math.max(0, cosine);
      pen.lineWidth = 1.6;
      pen.beginPath();
      pen.moveTo(...from);
      pen.lineTo(...screen(clips[i]));
      pen.stroke();
    }
  }
  for (const shown of [false, true]) {      // what is filtered out lies below
    clips.forEach((clip, i) => {
      if (visible[i] !== shown) return;
      const [x, y] = screen(clip);
      if (x < -20 || y < -20 || x > width + 20 || y > height + 20) return;
      pen.fillStyle = shown ? colours[clip.c] : "#8892a8";
      if (shown && clips.length < 3000) disc(x, y, r * 2.6, 0.13);
      disc(x, y, shown ? r : r * 0.7, shown ? 0.92 : 0.13);
    });
  }
  pen.globalAlpha = 1;
  for (const i of new Set([selected, hovered, sounding])) {
    if (i < 0) continue;
    const [x, y] = screen(clips[i]);
    pen.fillStyle = colours[clips[i].c];
    disc(x, y, r * 1.5, 1);
    pen.strokeStyle = "#fff";
    pen.lineWidth = i === selected ? 2.4 : 1.4;
    pen.beginPath();
    pen.arc(x, y, r * 1.5 + 2.5 + (i === sounding ? 2.5 * Math.abs(Math.sin(performance.now() / 260)) : 0), 0, 7);
    pen.stroke();
  }
  drawLabels();
  if (sounding >= 0) redraw();
}

function disc(x, y, r, alpha) {
  pen.globalAlpha = alpha;
  pen.beginPath();
  pen.arc(x, y, r, 0, 7);
  pen.fill();
}

// Names of the largest categories first; one that would cover another waits until the map is larger.
function drawLabels() {
  const taken = [];
  pen.font = "600 13px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineJoin = "round";
  const order = groups.slice().sort((a, b) => b.members.length - a.members.length);
  for (const group of order) {
    if (!group.members.some(i => visible[i])) continue;
    const text = group.name, half = pen.measureText(text).width / 2 + 5;
    const [x, below] = screen(group), y = below - radius() - 13;
    if (taken.some(box => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < 18)) continue;
    taken.push({ x, y, half });
    pen.globalAlpha = 0.85;
    pen.strokeStyle = "#07090e";
    pen.lineWidth = 4;
    pen.strokeText(text, x, y);
    pen.globalAlpha = 1;
    pen.fillStyle = colours[group.number];
    pen.fillText(text, x, y);
  }
}

// Sound -------------------------------------------------------------------------------------------------------------

function play(i) {
  sounding = i;
  audio.src = clips[i].a;
  audio.play().then(() => { hint.hidden = true; }, error => {
    if (sounding !== i || error.name === "AbortError") return;   // another one was chosen meanwhile
    sounding = -1;
    hint.textContent = error.name === "NotAllowedError" ? "Click anywhere to switch the sound on"
      : "This sound can't be played: its file is not beside the map any more, or the browser can't read it";
    hint.hidden = false;
  });
  redraw();
}

function stop() {
  sounding = -1;
  audio.pause();
  redraw();
}

audio.addEventListener("ended", stop);
addEventListener("pointerdown", () => { hint.hidden = true; }, { once: true });

// Looking and choosing ----------------------------------------------------------------------------------------------

function nearest(x, y, reach) {
  let best = -1, least = reach * reach;
  clips.forEach((clip, i) => {
    if (!visible[i]) return;
    const [cx, cy] = screen(clip), far = (cx - x) ** 2 + (cy - y) ** 2;
    if (far < least) [best, least] = [i, far];
  });
  return best;
}

function hover(i) {
  if (i === hovered) return;
  hovered = i;
  canvas.classList.toggle("over", i >= 0);
  tip.hidden = i < 0;
  if (i >= 0) {
    const clip = clips[i], [x, y] = screen(clip);
    tip.replaceChildren(clip.n, element("small", { textContent: groups[clip.c].name }));
    tip.style.left = `${Math.min(Math.max(x, 90), width - 90)}px`;
    tip.style.top = `${Math.max(y, 70)}px`;
    play(i);
  } else if (sounding !== selected) {
    stop();
  }
  redraw();
}

function select(i) {
  selected = i;
  card.hidden = i < 0;
  if (i < 0) return stop();
  const clip = clips[i], licence = data.licences[clip.l];
  const close = element("button", { className: "close", textContent: "✕", ariaLabel: "Close", onclick: () => select(-1) });
  const again = element("button", { className: "play", textContent: "▶  Play", onclick: () => play(i) });
  const likely = clip.p.map(([place, p]) => {
    const bar = element("b");
    bar.style.width = `${100 * p}%`;
    return element("div", { className: "bar" }, bar, element("span", { textContent: data.places[place].replaceAll("_", " ") }),
      element("small", { textContent: `${(100 * p).toFixed(p < 0.1 ? 1 : 0)} %` }));
  });
  const alike = clip.k.map(([other, cosine]) => element("button", { onclick: () => { show(other); play(other); } },
    spot(clips[other].c), element("span", { textContent: clips[other].n }),
    element("small", { textContent: cosine.toFixed(2) })));
  card.replaceChildren(close, element("h2", { textContent: clip.n }),
    element("p", { textContent: `${groups[clip.c].name} · ${clip.s.toFixed(1)} s` }), again,
    element("h3", { textContent: "The ear hears" }), ...likely,
    element("h3", { textContent: "Most alike" }), ...alike,
    element("h3", { textContent: "Licence" }), element("p", { textContent: licence || "not stated" }),
    element("h3", { textContent: "Source" }), source(clip.o), element("h3", { textContent: "File" }),
    element("p", { textContent: clip.f }));
  redraw();
}

function spot(category) {
  const node = element("i");
  node.style.background = colours[category];
  return node;
}

function source(text) {
  if (!/^https?:\/\/\S+$/.test(text)) return element("p", { textContent: text || "not stated" });
  return element("p", {}, element("a", { href: text, textContent: text, rel: "noopener noreferrer", target: "_blank" }));
}

// Select a clip and bring it into view.
function show(i) {
  const [x, y] = screen(clips[i]), left = width > NARROW ? PANEL : 20, right = width > NARROW ? CARD : 20;
  if (x < left || x > width - right || y < 30 || y > height - 30) [view.x, view.y] = [clips[i].x, clips[i].y];
  select(i);
}

// Walk to the nearest clip that lies in a direction, within 45 degrees of it.
function walk(dx, dy) {
  if (selected < 0) {
    const first = nearest(middle, height / 2, Infinity);
    if (first >= 0) { show(first); play(first); }
    return;
  }
  const here = clips[selected];
  let best = -1, least = Infinity;
  clips.forEach((clip, i) => {
    const x = clip.x - here.x, y = clip.y - here.y, ahead = x * dx + y * dy, aside = Math.abs(x * dy - y * dx);
    const far = ahead + 2 * aside;
    if (visible[i] && ahead > 0 && aside <= ahead && far < least) [best, least] = [i, far];
  });
  if (best >= 0) { show(best); play(best); }
}

// Finding -----------------------------------------------------------------------------------------------------------

const words = clips.map(clip => [clip.n, data.categories[clip.c], clip.f, ...clip.p.slice(0, 2).map(([place]) => data.places[place])]
  .join(" ").replaceAll("_", " ").toLowerCase());

function filter() {
  const wanted = search.value.toLowerCase().replaceAll("_", " ").split(/\s+/).filter(Boolean);
  visible = clips.map((clip, i) => (!chosen.size || chosen.has(clip.c)) && wanted.every(word => words[i].includes(word)));
  const count = visible.filter(Boolean).length;
  document.getElementById("count").textContent = count === clips.length ? `${count} sounds` : `${count} of ${clips.length} sounds`;
  for (const button of legend.querySelectorAll("button")) {
    button.ariaPressed = String(chosen.has(Number(button.dataset.category)));
  }
  hover(-1);
  redraw();
}

document.querySelector("h1").textContent = data.title;
legend.append(...groups.slice().sort((a, b) => a.name.localeCompare(b.name)).map(group => {
  const button = element("button", { onclick: () => {
    if (!chosen.delete(group.number)) chosen.add(group.number);
    filter();
  } }, spot(group.number), element("span", { textContent: group.name }),
  element("small", { textContent: group.members.length }));
  button.dataset.category = group.number;
  return element("li", {}, button);
}));
search.addEventListener("input", filter);

// Hands -------------------------------------------------------------------------------------------------------------

const fingers = new Map();
let moved = 0;

function zoom(factor, x, y) {
  const before = [(x - middle) / scale + view.x, (y - height / 2) / scale + view.y];
  view.zoom = Math.min(60, Math.max(0.6, view.zoom * factor));
  scale = unit();
  view.x = before[0] - (x - middle) / scale;
  view.y = before[1] - (y - height / 2) / scale;
  redraw();
}

canvas.addEventListener("wheel", event => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)), event.clientX, event.clientY);
}, { passive: false });

canvas.addEventListener("pointerdown", event => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, [event.clientX, event.clientY]);
  if (fingers.size === 1) moved = 0;
});

canvas.addEventListener("pointermove", event => {
  const before = fingers.get(event.pointerId);
  if (!before) return hover(nearest(event.clientX, event.clientY, Math.max(14, radius() + 6)));
  const now = [event.clientX, event.clientY];
  const [dx, dy] = [now[0] - before[0], now[1] - before[1]];
  moved += Math.hypot(dx, dy);
  if (fingers.size === 2) {
    const other = [...fingers].find(([id]) => id !== event.pointerId)[1];
    zoom(Math.hypot(now[0] - other[0], now[1] - other[1]) / Math.max(1, Math.hypot(before[0] - other[0], before[1] - other[1])),
      other[0], other[1]);
  } else if (moved > 5) {
    canvas.classList.add("drag");
    hover(-1);
    view.x -= dx / scale;
    view.y -= dy / scale;
    redraw();
  }
  fingers.set(event.pointerId, now);
});

for (const kind of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(kind, event => {
    fingers.delete(event.pointerId);
    canvas.classList.remove("drag");
    if (kind === "pointercancel" || moved > 5 || fingers.size) return;
    const hit = nearest(event.clientX, event.clientY, event.pointerType === "mouse" ? 14 : 24);
    select(hit);
    if (hit >= 0) play(hit);
  });
}

canvas.addEventListener("pointerleave", () => hover(-1));

addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    search.value = "";
    chosen.clear();
    filter();
    select(-1);
    canvas.focus();
  } else if (event.target === search) {
    if (event.key === "Enter" && visible.includes(true)) {
      show(visible.indexOf(true));
      play(selected);
      canvas.focus();
    }
    return;
  } else if (event.key === "/") {
    search.focus();
  } else if (event.key === "0") {
    Object.assign(view, { x: 0, y: 0, zoom: 1 });
    redraw();
  } else if (event.key === "+" || event.key === "-") {
    zoom(event.key === "+" ? 1.3 : 1 / 1.3, middle, height / 2);
  } else if (event.target === canvas || event.target === document.body) {
    const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (steps[event.key]) walk(...steps[event.key]);
    else if ((event.key === "Enter" || event.key === " ") && selected >= 0) play(selected);
    else return;
  } else {
    return;
  }
  event.preventDefault();
});

addEventListener("resize", redraw);
filter();
draw();
