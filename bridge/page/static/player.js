// Plays soundscapes: each from its first bytes on, over and over, the newest fading in over the one before.

import { ask } from "./ask.js";
import { FLOOR_DB } from "./level.js";
import { wavStream } from "./wavstream.js";

export const RATE = 48000; // that of the soundscapes, so that their pieces join without resampling
const LEAST = 2048; // frames of a piece
export const LEAD_S = 0.05; // how far ahead of now the first piece is put, and one that comes late
const SEAM_S = 1.5; // a soundscape fades in over 0.5 s and out over 2 s: so the next turn keeps the level within 3 dB
const CROSS_S = 1;
const GATE_S = 0.1;
const COLUMNS = 300;

// One soundscape. Its pieces are put one behind the other as they come; when all have, the whole is put behind them.
export class Voice {
  outline = new Float32Array(COLUMNS); // the greatest amplitude in each part of its length
  late = 0; // pieces that came too late to join
  #sources = new Set();
  #whole = null;
  #written = 0;
  #begin = 0;

  constructor(context, out) {
    this.context = context;
    this.gain = new GainNode(context);
    this.gain.connect(out);
  }

  add({ total, channels }) {
    const piece = new AudioBuffer({ numberOfChannels: 2, length: channels[0].length, sampleRate: RATE });
    this.#whole ??= new AudioBuffer({ numberOfChannels: 2, length: total, sampleRate: RATE });
    channels.forEach((values, channel) => {
      piece.copyToChannel(values, channel);
      this.#whole.copyToChannel(values, channel, this.#written);
      this.#trace(values);
    });
    const now = this.context.currentTime;
    if (this.#begin + this.#written / RATE <= now) {
      this.late += this.#written > 0;
      this.#begin = Math.ceil((now + LEAD_S) * RATE - this.#written) / RATE; // between frames it would be resampled
    }
    const source = this.#put(piece, this.#begin + this.#written / RATE);
    this.#written += piece.length;
    if (this.#written < total) return;
    this.#turn(1);
    source.onended = () => this.#turn(2);
  }

  // Where it is in its length, 0 to 1.
  get position() {
    const since = Math.max(0, this.context.currentTime - this.#begin);
    return (since < this.#whole.duration ? since : since % this.#turnS) / this.#whole.duration;
  }

  end(seconds) {
    const end = this.context.currentTime + seconds;
    this.gain.gain.setValueAtTime(1, this.context.currentTime);
    this.gain.gain.linearRampToValueAtTime(0, end);
    for (const source of this.#sources) {
      source.onended = null;
      source.stop(end);
    }
  }

  get #turnS() {
    return this.#whole.duration - Math.min(SEAM_S, this.#whole.duration / 2);
  }

  #turn(number) {
    this.#put(this.#whole, this.#begin + number * this.#turnS).onended = () => this.#turn(number + 2);
  }

  #put(buffer, when) {
    const source = new AudioBufferSourceNode(this.context, { buffer });
    source.connect(this.gain);
    source.start(when);
    source.addEventListener("ended", () => this.#sources.delete(source));
    this.#sources.add(source);
    return source;
  }

  #trace(values) {
    const scale = COLUMNS / this.#whole.length;
    values.forEach((value, i) => {
      const column = Math.floor((this.#written + i) * scale);
      this.outline[column] = Math.max(this.outline[column], Math.abs(value));
    });
  }
}

// Sends "state" when it begins or ceases to sound, and "broke" when a soundscape ends before its end.
export class Player extends EventTarget {
  voice = null;
  #wanted = false;
  #fetching = null;

  constructor() {
    super();
    this.context = new AudioContext({ sampleRate: RATE });
    this.gate = new GainNode(this.context, { gain: 0 });
    this.volume = new GainNode(this.context);
    this.analyser = new AnalyserNode(this.context, { fftSize: 4096 });
    this.gate.connect(this.volume).connect(this.analyser).connect(this.context.destination);
    this.context.onstatechange = () => this.#tell();
  }

  // "none", "stopped", "waiting" (for a hand on the page, without which browsers make no sound) or "playing".
  get state() {
    if (this.voice === null) return "none";
    if (!this.#wanted) return "stopped";
    return this.context.state === "running" ? "playing" : "waiting";
  }

  // Root mean square of what is heard now, in dBFS, FLOOR_DB at least.
  get level() {
    if (this.context.state !== "running") return FLOOR_DB;
    const samples = new Float32Array(this.analyser.fftSize);
    this.analyser.getFloatTimeDomainData(samples);
    return Math.max(FLOOR_DB, 10 * Math.log10(samples.reduce((sum, x) => sum + x * x, 0) / samples.length));
  }

  // Resolves to whether its sound has come, or a newer one was asked for; rejects if there is none. Then the old goes on.
  async play(address) {
    this.#fetching?.abort();
    const { signal } = this.#fetching = new AbortController();
    try {
      const pieces = wavStream((await ask(address, { signal })).body, LEAST);
      const { value } = await pieces.next();
      if (signal.aborted) return false;
      this.voice?.end(CROSS_S);
      this.voice = new Voice(this.context, this.gate);
      this.voice.add(value);
      this.#tell();
      this.#rest(this.voice, pieces, signal);
      return true;
    } catch (error) {
      if (signal.aborted) return false;
      throw error;
    }
  }

  leave() {
    this.#fetching?.abort();
    this.voice?.end(CROSS_S);
    this.voice = null;
    this.#tell();
  }

  // To be called while a hand is on the page, for what comes later to be heard.
  wake() {
    this.context.resume();
  }

  go() {
    this.#open(1);
    this.wake();
  }

  stop() {
    this.#open(0);
    setTimeout(() => this.#wanted || this.context.suspend(), 2000 * GATE_S);
  }

  #open(gain) {
    this.#wanted = gain > 0;
    this.gate.gain.setTargetAtTime(gain, this.context.currentTime, GATE_S / 3);
    this.#tell();
  }

  async #rest(voice, pieces, signal) {
    try {
      for await (const piece of pieces) voice.add(piece);
    } catch {
      if (!signal.aborted) this.dispatchEvent(new Event("broke"));
    }
  }

  #tell() {
    this.dispatchEvent(new Event("state"));
  }
}
