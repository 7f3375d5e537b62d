// Finds which of many points of the square from -1 to 1 lies nearest to a place, without looking at all of them.

export class Grid {
  #side;
  #start;
  #order;

  constructor(x, y) {
    this.x = x;
    this.y = y;
    this.#side = Math.max(1, Math.ceil(Math.sqrt(x.length)));
    const cells = this.#side ** 2, cell = Int32Array.from(x, (at, i) => this.#row(y[i]) * this.#side + this.#row(at));
    this.#start = new Int32Array(cells + 1);
    for (const number of cell) this.#start[number + 1] += 1;
    for (let i = 0; i < cells; i++) this.#start[i + 1] += this.#start[i];
    const next = this.#start.slice();
    this.#order = new Int32Array(x.length);
    cell.forEach((number, i) => { this.#order[next[number]++] = i; });
  }

  // The number of the nearest point within reach that passes, or -1.
  nearest(x, y, reach, passes) {
    let best = -1, least = reach ** 2;
    const left = this.#row(x - reach), right = this.#row(x + reach), bottom = this.#row(y + reach);
    for (let row = this.#row(y - reach); row <= bottom; row++) {
      const end = this.#start[row * this.#side + right + 1];
      for (let k = this.#start[row * this.#side + left]; k < end; k++) {
        const i = this.#order[k], far = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
        if (far < least && passes(i)) [best, least] = [i, far];
      }
    }
    return best;
  }

  #row(at) {
    return Math.min(this.#side - 1, Math.max(0, Math.floor((at + 1) / 2 * this.#side)));
  }
}
