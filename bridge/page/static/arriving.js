// Bytes of an answer, read while they arrive.

export class Arriving {
  #reader;
  #come = new Uint8Array(0);

  constructor(body) {
    this.#reader = body.getReader();
  }

  // So many bytes, or as many times so many as have come; null if the answer ends before.
  async take(size, several = false) {
    while (this.#come.length < size) {
      const { done, value } = await this.#reader.read();
      if (done) return null;
      const joined = new Uint8Array(this.#come.length + value.length);
      joined.set(this.#come);
      joined.set(value, this.#come.length);
      this.#come = joined;
    }
    const end = several ? this.#come.length - this.#come.length % size : size;
    const taken = this.#come.slice(0, end);
    this.#come = this.#come.subarray(end);
    return taken;
  }
}
