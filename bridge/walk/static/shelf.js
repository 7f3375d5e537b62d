// The sounds that have been fetched: few enough to fit a phone, those used last.

const MOST_BYTES = 96e6; // as they are decoded, 4 bytes a sample

export class Shelf {
  #kept = new Map(); // by clip, the one used last is last
  #coming = new Map();

  // load(clip, signal): fetches and decodes one.
  constructor(load) {
    this.load = load;
  }

  // Fetches what of these clips isn't there, and gives up on others that are on their way.
  want(clips) {
    for (const [clip, { stop }] of this.#coming) if (!clips.includes(clip)) stop.abort();
    for (const clip of clips) if (!this.#kept.has(clip) && !this.#coming.has(clip)) this.#fetch(clip);
  }

  // A wanted clip's AudioBuffer. Throws AbortError if it isn't wanted any more before it is there.
  async get(clip) {
    const buffer = this.#kept.get(clip) ?? await this.#coming.get(clip).buffer;
    this.#kept.delete(clip);
    this.#kept.set(clip, buffer);
    let bytes = 0;
    for (const { length, numberOfChannels } of this.#kept.values()) bytes += 4 * length * numberOfChannels;
    for (const [old, { length, numberOfChannels }] of this.#kept) {
      if (bytes <= MOST_BYTES || old === clip) break;
      this.#kept.delete(old);
      bytes -= 4 * length * numberOfChannels;
    }
    return buffer;
  }

  #fetch(clip) {
    const stop = new AbortController();
    const buffer = this.load(clip, stop.signal).finally(() => {
      if (this.#coming.get(clip)?.stop === stop) this.#coming.delete(clip);
    });
    buffer.catch(() => {}); // who gets it hears of it
    this.#coming.set(clip, { stop, buffer });
  }
}
