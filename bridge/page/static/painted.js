// A sound as the studio paints it: what bridge/page/dreaming.py answers.

import { ask } from "./ask.js";

const HEAD = 8;

// Yields what is known of the pictures, then each as { time, jpeg }, as soon as it is painted.
export async function* painted(sound, query, signal) {
  const answer = await ask(`/dream/pictures?${query}`, { method: "POST", body: sound, signal });
  const records = new Records(answer.body.getReader());
  const { content } = await records.next();
  yield JSON.parse(new TextDecoder().decode(content));
  for (let record = await records.next(); record.content.length; record = await records.next()) {
    yield { time: record.time, jpeg: new Blob([record.content], { type: "image/jpeg" }) };
  }
}

class Records {
  #reader;
  #come = new Uint8Array(0);

  constructor(reader) {
    this.#reader = reader;
  }

  async next() {
    const head = await this.#take(HEAD);
    const view = new DataView(head.buffer, head.byteOffset);
    return { time: view.getFloat32(4, true), content: await this.#take(view.getUint32(0, true)) };
  }

  async #take(size) {
    while (this.#come.length < size) {
      const { done, value } = await this.#reader.read();
      if (done) throw new Error("the studio ended while it painted; turn a knob to try again");
      const joined = new Uint8Array(this.#come.length + value.length);
      joined.set(this.#come);
      joined.set(value, this.#come.length);
      this.#come = joined;
    }
    const taken = this.#come.slice(0, size);
    this.#come = this.#come.subarray(size);
    return taken;
  }
}
