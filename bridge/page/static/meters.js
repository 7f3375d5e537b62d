// What the instrument sees and hears, and how it keeps up.

import { element, fill, write } from "./element.js";
import { format } from "./knobs.js";
import { part } from "./level.js";
import { percent, words } from "./words.js";

const FRESH_MS = 10_000; // a loss that is this new is an alarm; an older one only a worry

function bar(list, index, name, figure, full) {
  while (list.children.length <= index) {
    list.append(element(list.tagName === "OL" ? "li" : "div", {}, element("span"), element("span")));
  }
  const row = list.children[index];
  write(row.children[0], name);
  write(row.children[1], figure);
  fill(row, full);
  return row;
}

function fact(list, name, title = "") {
  const value = element("dd", { textContent: "–" });
  const row = element("div", { title }, element("dt", { textContent: name }), value);
  list.append(row);
  return { row, value };
}

export function showScene(link, list) {
  link.onAll("/phono/scene/", (rank, name, p) =>
    bar(list, rank - 1, words(name), percent(p), p));
}

export function showHeard(link, list) {
  const shown = [["rms", "level", "dBFS", 1], ["pitch", "pitch", "Hz", 0], ["tempo", "tempo heard", "BPM", 0],
    ["centroid", "brightness", "Hz", 0], ["onset", "onset", "", 2]];
  for (const [name, title, unit, digits] of shown) {
    const { value } = fact(list, title);
    link.on(`/phono/feature/${name}`, (x) => {
      write(value, x === 0 && unit !== "" ? "–" : `${x.toFixed(digits)} ${unit}`);
    });
  }
  const { value } = fact(list, "beat");
  link.on("/phono/tempo", (bpm, beat) => { write(value, `${Math.floor(beat) + 1} at ${bpm.toFixed(1)} BPM`); });
}

function showLevels(link, list) {
  const levels = [["true_peak", "true peak", "dBTP"], ["loudness_short", "loudness", "LUFS"], ["reduction", "limiter", "dB"]];
  levels.forEach(([name, title, unit], i) => link.on(`/phono/state/sound/${name}`, (x) => {
    const known = name === "reduction" || x !== 0; // a level is 0 before the first block
    const row = bar(list, i, title, known ? `${x.toFixed(1)} ${unit}` : "–",
      name === "reduction" ? Math.abs(x) / 24 : known && part(x));
    row.classList.toggle("over", name === "reduction" ? Math.abs(x) > 6 : known && x > -1);
  }));
}

function showLatencies(link, list) {
  const limits = [["camera_to_command", "camera to match", 200], ["sound_to_frame", "sound to picture", 200],
    ["onset_to_osc", "onset to OSC", 50]];
  for (const [name, title, most] of limits) {
    const { row, value } = fact(list, title, `Of the last half minute: median, and what 99 % stay below. Alarm above ${most} ms.`);
    link.on(`/phono/latency/${name}`, (median, worst) => {
      write(value, `${median.toFixed(0)} · ${worst.toFixed(0)} ms`);
      row.classList.toggle("alarm", median > most);
      row.classList.toggle("worry", worst > most && median <= most);
    });
  }
  const { value } = fact(list, "to the loudspeaker", "As the audio device reports it.");
  link.on("/phono/state/sound/latency_ms", (x) => { write(value, `${x.toFixed(1)} ms`); });
}

// Counters of what went wrong: nothing, a worry, or, while it is new, an alarm that says how many more there are.
function showLosses(link, list) {
  const losses = [["sound/missed", "blocks missed"], ["sound/flagged", "blocks flagged"], ["sound/refused", "grains refused"],
    ["sound/clips_failed", "clips that failed"], ["sound/record_dropped", "recording, frames lost"],
    ["painter/late", "pictures too late"], ["dream/overruns", "hearing fell behind"], ["sight/reconnects", "camera came back"],
    ["sound/restarts", "restarts of sound"], ["sight/restarts", "of sight"], ["dream/restarts", "of hearing"],
    ["painter/restarts", "of the painter"]];
  for (const [name, title] of losses) {
    const { row, value } = fact(list, title);
    let before = null;
    let more = 0;
    let calming = 0;
    link.on(`/phono/state/${name}`, (count) => {
      if (before !== null && count > before) {
        more += count - before;
        clearTimeout(calming);
        calming = setTimeout(() => {
          more = 0;
          show();
        }, FRESH_MS);
      }
      before = count;
      show();
    });
    const show = () => {
      write(value, more ? `${before} (+${more})` : `${before}`);
      const alarming = more > 0 && name !== "painter/late"; // a slow machine paints fewer pictures, and that is all
      row.classList.toggle("alarm", alarming);
      row.classList.toggle("worry", before > 0 && !alarming);
    };
  }
}

function showWork(link, list) {
  const counters = [["sound/grains", "grains"], ["sound/cpu_load", "audio load"], ["sight/fps", "pictures seen /s"],
    ["painter/fps", "pictures painted /s"], ["sight/dropped", "camera pictures skipped"], ["faces/osc_received", "OSC in"],
    ["faces/osc_rejected", "OSC refused"], ["faces/page_clients", "browsers"]];
  for (const [name, title] of counters) {
    const { row, value } = fact(list, title);
    const load = name === "sound/cpu_load";
    link.on(`/phono/state/${name}`, (x) => {
      write(value, load ? percent(x) : format(Math.round(10 * x) / 10));
      row.classList.toggle("alarm", load && x > 0.7);
    });
  }
}

// What is plainly amiss, in a word; nothing if all is well.
function showTrouble(link, place) {
  const signs = [["sound/running", "no audio device"], ["sight/connected", "no picture"]];
  const amiss = new Set();
  for (const [name, words] of signs) {
    link.on(`/phono/state/${name}`, (x) => {
      if (x > 0) amiss.delete(words);
      else amiss.add(words);
      write(place, [...amiss].join(", "));
    });
  }
}

// at: finds the elements that show it, by id.
export function showHealth(link, at) {
  showLevels(link, at("meters"));
  showLatencies(link, at("latencies"));
  showLosses(link, at("losses"));
  showWork(link, at("work"));
  showTrouble(link, at("trouble"));
}

// One column of 64 bands after the other, low below; on a black ground, so that silence is dark.
export function showSpectrogram(link, canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true }); // moving it by an emulated GPU takes long
  const colours = Array.from({ length: 256 }, (_, level) => {
    const x = level / 255;
    return `hsl(${220 - 180 * x} 90% ${Math.round(70 * x ** 1.5)}%)`;
  });
  link.on("/phono/spectrum", (...bands) => {
    const height = canvas.height / bands.length;
    context.drawImage(canvas, -2, 0);
    bands.forEach((level, i) => {
      context.fillStyle = colours[level];
      context.fillRect(canvas.width - 2, canvas.height - (i + 1) * height, 2, height);
    });
  });
}
