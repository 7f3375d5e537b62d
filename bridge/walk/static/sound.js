// What is heard: each clip loops from its direction, by Web Audio, and the listener turns with the view.

import { onHorizon } from "./bearings.js";
import { Shelf } from "./shelf.js";

const FADE_S = 1.5;
const TURN_S = 0.03; // time constant, against the noise of steps
const POINTS = 64; // of a fade's curve
const LEVEL = 2; // of a whole soundscape before the limiter; its clips have -20 LUFS
const SLOW = 0.95; // of real time; computing falls behind below that
const WATCH_MS = 2000;

export class Sound {
  panning = "HRTF";
  #context = null;
  #shelf;
  #voices = new Map(); // by clip
  #wanted = [];
  #yaw = 0;
  #volume = 0;

  // complain: told in words what can't be heard.
  constructor(site, complain) {
    Object.assign(this, { site, complain });
    this.#shelf = new Shelf((clip, signal) => this.#load(clip, signal));
  }

  // Begins to sound; browsers allow that only while a person presses something.
  async start() {
    const context = this.#context = new AudioContext();
    this.mix = new GainNode(context, { gain: LEVEL });
    this.output = new GainNode(context, { gain: 0 });
    const limiter = new DynamicsCompressorNode(context, { threshold: -6, knee: 3, ratio: 20, attack: 0.002 });
    this.mix.connect(limiter).connect(this.output).connect(context.destination);
    this.turn(this.#yaw);
    this.loudness(this.#volume);
    this.#watch();
    this.play(this.#wanted);
    await context.resume();
  }

  // Goes on after the system has interrupted it, as a telephone call does.
  resume() {
    if (this.#context?.state !== "running") this.#context?.resume();
  }

  // What will be played soon; what was wanted before and isn't there yet is given up.
  prepare(soundscape) {
    if (this.#context) this.#shelf.want([...soundscape, ...this.#wanted].map(({ clip }) => clip));
  }

  // Plays a soundscape of search.js instead of the one now. What is in both goes on.
  play(soundscape) {
    this.#wanted = soundscape;
    if (!this.#context) return;
    this.#shelf.want(soundscape.map(({ clip }) => clip));
    for (const clip of this.#voices.keys()) {
      if (!soundscape.some((one) => one.clip === clip)) this.#fade(clip, 0);
    }
    for (const one of soundscape) this.#sound(one);
  }

  // The numbers of the clips that sound or fade in.
  get playing() {
    return [...this.#voices].filter(([, voice]) => voice.to > 0).map(([clip]) => clip);
  }

  turn(yaw) {
    this.#yaw = yaw;
    if (!this.#context) return;
    const { listener, currentTime } = this.#context, { x, z } = onHorizon(yaw);
    if (listener.forwardX) {
      listener.forwardX.setTargetAtTime(x, currentTime, TURN_S);
      listener.forwardZ.setTargetAtTime(z, currentTime, TURN_S);
    } else {
      listener.setOrientation(x, 0, z, 0, 1, 0); // Firefox
    }
  }

  // volume: 0 to 1, as the ear counts.
  loudness(volume) {
    this.#volume = volume;
    this.output?.gain.setTargetAtTime(volume ** 2, this.#context.currentTime, TURN_S);
  }

  async #load(clip, signal) {
    const response = await fetch(this.site.clips[clip].sound, { signal });
    if (!response.ok) throw new Error(`status ${response.status}`);
    return this.#context.decodeAudioData(await response.arrayBuffer());
  }

  async #sound(one) {
    const { clip } = one, { title, sound } = this.site.clips[clip];
    const buffer = await this.#shelf.get(clip).catch((error) => {
      if (error.name !== "AbortError") this.complain(`“${title}” can't be heard: ${sound}: ${error.message}`);
    });
    if (!buffer || !this.#wanted.includes(one)) return;
    if (!this.#voices.has(clip)) this.#voices.set(clip, this.#voice(buffer, this.site.clips[clip]));
    const voice = this.#voices.get(clip), now = this.#context.currentTime, to = onHorizon(one.azimuth);
    const glide = voice.to > 0 ? FADE_S / 3 : 0; // who only comes, comes from the right place
    voice.panner.positionX.setTargetAtTime(to.x, now, glide);
    voice.panner.positionZ.setTargetAtTime(to.z, now, glide);
    voice.pointed.gain.setTargetAtTime(Math.sqrt(one.agreement), now, glide);
    voice.around.gain.setTargetAtTime(Math.sqrt((1 - one.agreement) / 2), now, glide);
    this.#fade(clip, one.level);
  }

  // One clip, silent as yet: a part of it comes from its place, the rest from everywhere.
  #voice(buffer, { lead, seconds }) {
    const context = this.#context;
    const source = new AudioBufferSourceNode(context, { buffer, loop: true, loopStart: lead, loopEnd: lead + seconds });
    const level = new GainNode(context, { gain: 0 });
    const pointed = new GainNode(context), around = new GainNode(context);
    const panner = new PannerNode(context, { panningModel: this.panning, rolloffFactor: 0 });
    source.connect(level);
    level.connect(pointed).connect(panner).connect(this.mix);
    level.connect(around).connect(this.mix);
    source.start(0, lead);
    return { source, level, pointed, around, panner, from: 0, to: 0, since: 0, ending: 0 };
  }

  // Takes a voice to a level; on the way its power runs like a squared sine, so that crossfades keep the power.
  #fade(clip, level) {
    const voice = this.#voices.get(clip), now = this.#context.currentTime, { from, to, since } = voice;
    if (to === level) return;
    const power = (a, b, at) => Math.sqrt(a * a + (b * b - a * a) * Math.sin(Math.PI / 2 * Math.min(1, at)) ** 2);
    Object.assign(voice, { from: power(from, to, (now - since) / FADE_S), to: level, since: now });
    voice.level.gain.cancelScheduledValues(0);
    voice.level.gain.setValueCurveAtTime(
      Array.from({ length: POINTS }, (_, i) => power(voice.from, level, i / (POINTS - 1))), now, FADE_S);
    clearTimeout(voice.ending);
    if (level > 0) return;
    voice.ending = setTimeout(() => {
      voice.source.stop();
      voice.panner.disconnect();
      voice.around.disconnect();
      this.#voices.delete(clip);
    }, 1000 * FADE_S + 200);
  }

  // Where the machine can't keep up, directions are panned more simply.
  #watch() {
    let heard = this.#context.currentTime, at = performance.now();
    const watching = setInterval(() => { // a longer time than it should be is one in which the machine slept
      const seconds = (performance.now() - at) / 1000, played = this.#context.currentTime - heard;
      heard += played;
      at += 1000 * seconds;
      if (this.#context.state !== "running" || seconds > WATCH_MS / 500 || played > SLOW * seconds) return;
      this.panning = "equalpower";
      for (const { panner } of this.#voices.values()) panner.panningModel = this.panning;
      clearInterval(watching);
    }, WATCH_MS);
  }
}
