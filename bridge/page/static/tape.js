// A sound that can be played from any place, and how loud it is where.

const RATE = 48_000; // what the studio gives
const STEP_S = 0.02;
const HEARD_S = 0.5; // as much sound as a picture is painted of, around its time

export class Tape {
  #source = null;
  #starting = false;
  #began = 0;
  #at = 0;
  #energy = new Float64Array(1);

  constructor() {
    this.context = new AudioContext({ sampleRate: RATE });
    this.analyser = this.context.createAnalyser();
    this.analyser.connect(this.context.destination);
    this.buffer = null;
  }

  load(buffer) {
    this.wind(0);
    this.buffer = buffer;
    this.#energy = energyOf(buffer);
  }

  get seconds() {
    return this.buffer?.duration ?? 0;
  }

  get runs() {
    return this.#source !== null;
  }

  // Where it is, s: what is heard now, not what is being worked out for a moment later.
  get time() {
    if (!this.runs) return this.#at;
    const heard = this.context.currentTime - this.#began - (this.context.outputLatency || 0);
    return Math.min(this.seconds, this.#at + Math.max(0, heard));
  }

  // Begins to play. done: called at the end, and at once where the browser wants to be touched first.
  async play(done) {
    if (this.#starting) return;
    if (this.context.state !== "running") {
      if (navigator.userActivation?.hasBeenActive === false) {
        done();
        return;
      }
      this.#starting = true;
      await this.context.resume();
      this.#starting = false;
    }
    this.stop();
    const source = this.#source = new AudioBufferSourceNode(this.context, { buffer: this.buffer });
    source.connect(this.analyser);
    source.onended = () => {
      if (this.#source !== source) return;
      this.wind(this.seconds);
      done();
    };
    this.#began = this.context.currentTime;
    source.start(0, this.#at);
  }

  stop() {
    this.#at = this.time;
    const source = this.#source;
    this.#source = null;
    source?.stop();
  }

  // Goes to a place; it has to be started again there.
  wind(time) {
    this.stop();
    this.#at = Math.max(0, Math.min(this.seconds, time));
  }

  // Level of the half second around a time, or of another while, dBFS.
  level(time, seconds = HEARD_S) {
    const last = this.#energy.length - 1;
    const from = Math.max(0, Math.min(last - 1, Math.round((time - seconds / 2) / STEP_S)));
    const to = Math.max(from + 1, Math.min(last, Math.round((time + seconds / 2) / STEP_S)));
    return 10 * Math.log10(Math.max(1e-12, (this.#energy[to] - this.#energy[from]) / (to - from)));
  }
}

// Sum of the mean squares of all steps up to each.
function energyOf(buffer) {
  const step = Math.round(STEP_S * buffer.sampleRate);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, i) => buffer.getChannelData(i));
  const sums = new Float64Array(Math.ceil(buffer.length / step) + 1);
  for (let i = 1; i < sums.length; i++) {
    let sum = 0;
    for (const samples of channels) {
      for (const x of samples.subarray((i - 1) * step, i * step)) sum += x * x;
    }
    sums[i] = sums[i - 1] + sum / step / channels.length;
  }
  return sums;
}
