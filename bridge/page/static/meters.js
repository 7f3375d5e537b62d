// What the instrument sees, plays and hears, and how it keeps up.

import { format } from "./knobs.js";

const FLOOR_DB = -72;

function bar(list, index) {
  while (list.children.length <= index) {
    const row = document.createElement(list.tagName === "OL" ? "li" : "div");
    row.append(document.createElement("span"), document.createElement("span"));
    list.append(row);
  }
  return list.children[index];
}

function fill(list, index, name, figure, part) {
  const row = bar(list, index);
  row.children[0].textContent = name;
  row.children[1].textContent = figure;
  row.style.setProperty("--part", Math.max(0, Math.min(1, part)));
  return row;
}

function fact(list, name) {
  const row = document.createElement("div");
  const term = document.createElement("dt");
  const value = document.createElement("dd");
  term.textContent = name;
  row.append(term, value);
  list.append(row);
  return { row, value };
}

const part = (dbfs) => 1 - dbfs / FLOOR_DB;

export function showScene(link, list) {
  link.onAll("/phono/scene/", (rank, name, p) =>
    fill(list, rank - 1, name.replaceAll("_", " "), `${Math.round(100 * p)} %`, p));
}

export function showLayers(link, list) {
  link.onAll("/phono/layer/", (layer, clip, category, weight, kl) => {
    const row = fill(list, layer - 1, clip ? `${layer} ${clip}` : "", clip ? `${category}, ${kl.toFixed(1)} nats` : "", weight);
    row.hidden = !clip;
  });
}

export function showHeard(link, list) {
  const shown = [["rms", "level", "dBFS", 1], ["pitch", "pitch", "Hz", 0], ["tempo", "tempo heard", "BPM", 0],
    ["centroid", "brightness", "Hz", 0], ["onset", "onset", "", 2]];
  for (const [name, title, unit, digits] of shown) {
    const { value } = fact(list, title);
    link.on(`/phono/feature/${name}`, (x) => {
      value.textContent = x === 0 && unit !== "" ? "–" : `${x.toFixed(digits)} ${unit}`;
    });
  }
  const { value } = fact(list, "beat");
  link.on("/phono/tempo", (bpm, beat) => { value.textContent = `${Math.floor(beat) + 1} at ${bpm.toFixed(1)} BPM`; });
}

export function showHealth(link, meters, list) {
  const levels = [["true_peak", "true peak", "dBTP"], ["loudness_short", "loudness", "LUFS"], ["reduction", "limiter", "dB"]];
  levels.forEach(([name, title, unit], i) => link.on(`/phono/state/sound/${name}`, (x) => {
    const row = fill(meters, i, title, `${x.toFixed(1)} ${unit}`, name === "reduction" ? Math.abs(x) / 24 : part(x));
    row.classList.toggle("over", name === "reduction" ? Math.abs(x) > 6 : x > -1);
  }));
  const counters = [["sound/missed", "blocks missed"], ["sound/flagged", "blocks flagged"], ["sound/grains", "grains"],
    ["sound/cpu_load", "load"], ["sight/fps", "pictures seen /s"], ["painter/fps", "pictures painted /s"],
    ["painter/sound_to_frame_ms", "sound to picture, ms"], ["sound/latency_ms", "output latency, ms"],
    ["faces/osc_received", "OSC in"], ["faces/osc_rejected", "OSC refused"], ["faces/page_clients", "browsers"],
    ["sound/recorded_s", "recorded, s"]];
  for (const [name, title] of counters) {
    const { row, value } = fact(list, title);
    const bad = name === "sound/missed";
    link.on(`/phono/state/${name}`, (x) => {
      value.textContent = name === "sound/cpu_load" ? `${Math.round(100 * x)} %` : format(Math.round(10 * x) / 10);
      row.classList.toggle("alarm", bad && x > 0);
    });
  }
}

// One column of 64 bands after the other, low below; on a black ground, so that silence is dark.
export function showSpectrogram(link, canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: false });
  link.on("/phono/spectrum", (...bands) => {
    const height = canvas.height / bands.length;
    context.drawImage(canvas, -2, 0);
    bands.forEach((level, i) => {
      const x = level / 255;
      context.fillStyle = `hsl(${220 - 180 * x} 90% ${Math.round(70 * x ** 1.5)}%)`;
      context.fillRect(canvas.width - 2, canvas.height - (i + 1) * height, 2, height);
    });
  });
}
