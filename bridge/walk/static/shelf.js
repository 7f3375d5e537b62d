// The sounds that have been fetched, decoded: few enough to fit a phone, those wanted last.

const MOST_BYTES = 96e6; // of 4 a sample; beyond that only what is wanted now

export class Shelf {
  #held = new Map(); // by clip, the one wanted last is last

  // load(clip, signal): fetches and decodes one.
  constructor(load) {
    this.load = load;
  }

  // Fetches what of these clips isn't there, and gives up on others that are on their way.
  want(clips) {
    for (const clip of clips) {
      const held = this.#held.get(clip) ?? this.#fetch(clip);
      this.#held.delete(clip);
      this.#held.set(clip, held);
    }
    let bytes = [...this.#held.values()].reduce((sum, held) => sum + held.bytes, 0);
    for (const [clip, held] of this.#held) {
      if (clips.includes(clip) || (held.bytes && bytes <= MOST_BYTES)) continue;
      held.stop.abort();
      this.#held.delete(clip);
      bytes -= held.bytes;
    }
  }

  // The AudioBuffer of a clip that is wanted; rejected with AbortError when it isn't wanted any more.
  get(clip) {
    return this.#held.get(clip).buffer;
  }

  #fetch(clip) {
    const held = { bytes: 0, stop: new AbortController() };
    held.buffer = this.load(clip, held.stop.signal);
    held.buffer.then(({ length, numberOfChannels }) => { held.bytes = 4 * length * numberOfChannels; },
      () => { if (this.#held.get(clip) === held) this.#held.delete(clip); });
    return held;
  }
}
