// Draws the map of a library: points and names on one canvas, what changes all the time on two others below and above it.

import { calm, element } from "./element.js";
import { Grid } from "./grid.js";

const FEW = 3000;                // up to so many points have a halo
const GLIDE_MS = 900;
const PULSE_MS = 33;
const DARK = "#07090c", SIFTED = "#8892a8";

export class MapCanvas {
  #pen;
  #under;
  #over;
  #view = { x: 0, y: 0, zoom: 1 };      // middle of the picture in map units, and magnification
  #size = [0, 0];                       // CSS pixels
  #groups = [];
  #group = [];
  #shown = [];
  #glide = null;
  #grid = new Grid([], []);
  #frame = 0;
  #pulse = 0;
  #stale = true;
  // Clips: the one under the pointer, the chosen one, the one to be heard, those like the chosen one, as [clip, cosine],
  // and those that the instrument plays, as {clip, layer, weight}.
  #marks = { hovered: -1, selected: -1, sounding: -1, alike: [], playing: [] };

  constructor() {
    const [lights, points] = ["", ""].map(() => element("canvas", { ariaHidden: "true" }));
    this.marks = element("canvas", { id: "map", tabIndex: 0, role: "application",
      ariaLabel: "Map of sounds. Arrow keys walk from sound to sound, Enter plays, Escape stops." });
    this.node = element("div", { className: "plane" }, lights, points, this.marks);
    [this.#under, this.#over] = [lights, this.marks].map((canvas) => canvas.getContext("2d"));
    // The processor draws ten thousand discs in 50 ms, an emulated GPU in seconds.
    this.#pen = points.getContext("2d", { willReadFrequently: true });
    this.warm = getComputedStyle(document.documentElement).getPropertyValue("--warm") || "orange";
    new ResizeObserver(() => this.#resize()).observe(this.node);
  }

  // group: of each clip; groups: {name, colour, members}.
  show(x, y, group, groups) {
    [this.x, this.y, this.#group, this.#groups] = [Float32Array.from(x), Float32Array.from(y), group, groups];
    this.#glide = null;
    this.#grid = new Grid(this.x, this.y);
    this.#shown = new Uint8Array(x.length).fill(1);
    this.#resize();
    this.whole();
  }

  // The same clips go to other places.
  move(x, y) {
    const to = [Float32Array.from(x), Float32Array.from(y)];
    this.#glide = { from: [this.x, this.y], to, since: performance.now() };
    this.#grid = new Grid(...to);
    this.#redraw();
  }

  sift(shown) {
    this.#shown = shown;
    this.#redraw();
  }

  mark(marks) {
    Object.assign(this.#marks, marks);
    this.#ask();
  }

  screen(i) {
    return this.#at(this.x[i], this.y[i]);
  }

  // The shown clip nearest to a place in CSS pixels, or -1.
  nearest(px, py, reach) {
    const [x, y] = this.#place(px, py);
    return this.#grid.nearest(x, y, reach / this.#scale(), (i) => this.#shown[i]);
  }

  get middle() {
    return this.#size.map((side) => side / 2);
  }

  get radius() {
    const fits = Math.min(8, 90 / Math.sqrt(this.#shown.length), Math.min(...this.#size) / 75);
    return Math.max(2, fits) * Math.min(2.2, Math.sqrt(this.#view.zoom));
  }

  zoom(factor, px, py) {
    const before = this.#place(px, py);
    this.#view.zoom = Math.min(80, Math.max(0.6, this.#view.zoom * factor));
    const after = this.#place(px, py);
    this.#view.x += before[0] - after[0];
    this.#view.y += before[1] - after[1];
    this.#redraw();
  }

  pan(dx, dy) {
    this.#view.x -= dx / this.#scale();
    this.#view.y -= dy / this.#scale();
    this.#redraw();
  }

  whole() {
    this.#view = { x: 0, y: 0, zoom: 1 };
    this.#redraw();
  }

  // Move the picture if a clip isn't well inside it.
  reveal(i) {
    const [x, y] = this.screen(i), [width, height] = this.#size;
    if (x > 20 && x < width - 20 && y > 30 && y < height - 30) return;
    [this.#view.x, this.#view.y] = [this.x[i], this.y[i]];
    this.#redraw();
  }

  #scale() {
    return 0.46 * Math.min(this.#size[0], this.#size[1]) * this.#view.zoom;
  }

  #at(x, y) {
    const scale = this.#scale();
    return [this.#size[0] / 2 + (x - this.#view.x) * scale, this.#size[1] / 2 + (y - this.#view.y) * scale];
  }

  #place(px, py) {
    const scale = this.#scale();
    return [(px - this.#size[0] / 2) / scale + this.#view.x, (py - this.#size[1] / 2) / scale + this.#view.y];
  }

  #resize() {
    const ratio = devicePixelRatio || 1;
    this.#size = [this.node.clientWidth, this.node.clientHeight];
    for (const pen of [this.#under, this.#pen, this.#over]) {
      pen.canvas.width = Math.round(this.#size[0] * ratio);
      pen.canvas.height = Math.round(this.#size[1] * ratio);
      pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.#redraw();
  }

  #redraw() {
    this.#stale = true;
    this.#ask();
  }

  #ask() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!this.x) return;
    if (this.#glide) this.#step();
    if (this.#stale) this.#drawPoints();
    this.#stale = false;
    this.#drawMarks();
    if (this.#glide) this.#redraw();
    else if (this.#marks.sounding >= 0 && !calm.matches) {
      clearTimeout(this.#pulse);
      this.#pulse = setTimeout(() => this.#ask(), PULSE_MS);
    }
  }

  #step() {
    const { from, to, since } = this.#glide;
    const passed = calm.matches ? 1 : Math.min(1, (performance.now() - since) / GLIDE_MS);
    const part = passed * passed * (3 - 2 * passed);
    [this.x, this.y] = passed < 1 ? to.map((goal, axis) => goal.map((end, i) => from[axis][i] + (end - from[axis][i]) * part))
      : to;
    if (passed === 1) this.#glide = null;
  }

  #drawPoints() {
    const pen = this.#pen, r = this.radius, sifted = [];
    pen.clearRect(0, 0, ...this.#size);
    for (const { members } of this.#groups) for (const i of members) if (!this.#shown[i]) sifted.push(i);
    this.#discs(sifted, r * 0.7, SIFTED, 0.16);
    const shown = this.#groups.map(({ members }) => members.filter((i) => this.#shown[i]));
    if (this.#shown.length < FEW) shown.forEach((members, g) => this.#discs(members, r * 2.6, this.#groups[g].colour, 0.13));
    shown.forEach((members, g) => this.#discs(members, r, this.#groups[g].colour, 0.92));
    pen.globalAlpha = 1;
    this.#drawNames(shown);
  }

  // One by one: as one path they would take seconds.
  #discs(members, r, colour, alpha) {
    const pen = this.#pen, [width, height] = this.#size;
    pen.globalAlpha = alpha;
    pen.fillStyle = colour;
    for (const i of members) {
      const [x, y] = this.screen(i);
      if (x > -r && y > -r && x < width + r && y < height + r) disc(pen, x, y, r);
    }
  }

  // Names of the largest groups first; one that would cover another waits until the map is larger.
  #drawNames(shown) {
    const pen = this.#pen, taken = [], [width] = this.#size;
    Object.assign(pen, { font: "600 13px system-ui, sans-serif", textAlign: "center", textBaseline: "middle",
      lineJoin: "round", lineWidth: 4, strokeStyle: DARK });
    const order = this.#groups.map((_, g) => g).filter((g) => shown[g].length)
      .sort((a, b) => shown[b].length - shown[a].length);
    for (const g of order) {
      const { name, colour } = this.#groups[g], half = pen.measureText(name).width / 2 + 5;
      const [at, below] = this.screen(this.#midmost(shown[g]));
      const x = at > 0 && at < width ? Math.max(half, Math.min(width - half, at)) : at, y = below - this.radius - 13;
      if (taken.some((box) => Math.abs(box.x - x) < box.half + half && Math.abs(box.y - y) < 18)) continue;
      taken.push({ x, y, half });
      pen.globalAlpha = 0.85;
      pen.strokeText(name, x, y);
      pen.globalAlpha = 1;
      pen.fillStyle = colour;
      pen.fillText(name, x, y);
    }
  }

  // The clip nearest to the middle of some.
  #midmost(members) {
    const [x, y] = [median(members, this.x), median(members, this.y)];
    const far = (i) => Math.hypot(this.x[i] - x, this.y[i] - y);
    return members.reduce((best, i) => far(i) < far(best) ? i : best);
  }

  #drawMarks() {
    const pen = this.#over, r = this.radius, { hovered, selected, sounding, alike, playing } = this.#marks;
    pen.clearRect(0, 0, ...this.#size);
    this.#under.clearRect(0, 0, ...this.#size);
    for (const [i, cosine] of alike) {
      const line = this.#under;
      Object.assign(line, { strokeStyle: this.#colour(i), globalAlpha: 0.2 + 0.6 * Math.max(0, cosine), lineWidth: 1.6 });
      line.beginPath();
      line.moveTo(...this.screen(selected));
      line.lineTo(...this.screen(i));
      line.stroke();
    }
    for (const { clip, weight } of playing) this.#glow(clip, weight);
    for (const i of new Set([selected, hovered, sounding])) {
      if (i < 0) continue;
      const [x, y] = this.screen(i);
      const pulse = i !== sounding ? 0 : calm.matches ? 2.5 : 2.5 * Math.abs(Math.sin(performance.now() / 260));
      pen.fillStyle = this.#colour(i);
      disc(pen, x, y, r * 1.5);
      pen.strokeStyle = "#fff";
      pen.lineWidth = i === selected ? 2.4 : 1.4;
      pen.beginPath();
      pen.arc(x, y, r * 1.5 + 2.5 + pulse, 0, 7);
      pen.stroke();
    }
    for (const { clip, layer } of playing) this.#number(clip, layer);
  }

  // A clip that the instrument plays: the louder, the wider its glow.
  #glow(clip, weight) {
    const light = this.#under, [x, y] = this.screen(clip);
    const reach = this.radius + 14 + 34 * Math.sqrt(weight), glow = light.createRadialGradient(x, y, 0, x, y, reach);
    glow.addColorStop(0, this.warm);
    glow.addColorStop(1, "transparent");
    light.globalAlpha = 0.35 + 0.65 * weight;
    light.fillStyle = glow;
    disc(light, x, y, reach);
  }

  #number(clip, layer) {
    const pen = this.#over, [x, y] = this.screen(clip).map((at) => at + this.radius + 6);
    pen.fillStyle = this.warm;
    disc(pen, x, y, 9);
    Object.assign(pen, { fillStyle: DARK, font: "700 12px system-ui, sans-serif", textAlign: "center", textBaseline: "middle" });
    pen.fillText(layer, x, y + 0.5);
  }

  #colour(i) {
    return this.#groups[this.#group[i]].colour;
  }
}

function disc(pen, x, y, r) {
  pen.beginPath();
  pen.arc(x, y, r, 0, 7);
  pen.fill();
}

export function median(members, axis) {
  return Float32Array.from(members, (i) => axis[i]).sort()[members.length >> 1];
}
