/**
 * Gives each pixel the most frequent class of the square window around it, row by row. Of equally frequent classes the
 * pixel's own stays, else the lowest value wins. 0 is no class: it has no vote, and stays. Beyond the border nobody votes.
 * Rows go in by `push` and come out `side >> 1` rows later; `end` gives the rest. Memory is `side` rows.
 */
export class MajorityFilter {
  readonly #width: number;
  readonly #radius: number;
  /** The newest rows, the oldest first. */
  readonly #rows: Uint8Array[] = [];
  /** Rows that came in, and rows that went out. */
  #taken = 0;
  #given = 0;
  /** Highest class so far: more need not be counted out. */
  #highest = 0;

  /** @param side Of the window in pixels, odd. */
  constructor(width: number, side: number) {
    this.#width = width;
    this.#radius = side >> 1;
  }

  /** Takes a row of class values and gives one that is done, where there is one. */
  push(row: Uint8Array): Uint8Array | undefined {
    this.#rows.push(row.slice());
    for (const value of row) if (value > this.#highest) this.#highest = value;
    if (this.#rows.length > 2 * this.#radius + 1) this.#rows.shift();
    this.#taken += 1;
    return this.#taken > this.#radius ? this.#next() : undefined;
  }

  /** The rows that waited for more below them. */
  *end(): Generator<Uint8Array> {
    while (this.#given < this.#taken) yield this.#next();
  }

  #next(): Uint8Array {
    const y = this.#given++;
    const oldest = this.#taken - this.#rows.length;
    const rows = this.#rows.slice(
      Math.max(0, y - this.#radius - oldest),
      Math.min(this.#taken - 1, y + this.#radius) - oldest + 1,
    );
    return this.#filtered(this.#rows[y - oldest]!, rows);
  }

  /** One row, by counts that slide from left to right. */
  #filtered(own: Uint8Array, rows: readonly Uint8Array[]): Uint8Array {
    const votes = new Uint16Array(256);
    const result = new Uint8Array(this.#width);
    const add = (x: number, change: 1 | -1): void => {
      for (const row of rows) votes[row[x]!]! += change;
    };
    for (let x = 0; x < Math.min(this.#radius, this.#width); x++) add(x, 1);
    for (let x = 0; x < this.#width; x++) {
      if (x + this.#radius < this.#width) add(x + this.#radius, 1);
      if (x > this.#radius) add(x - this.#radius - 1, -1);
      if (own[x] !== 0) result[x] = winner(votes, own[x]!, this.#highest);
    }
    return result;
  }
}

function winner(votes: Uint16Array, own: number, highest: number): number {
  let best = own;
  for (let value = 1; value <= highest; value++) if (votes[value]! > votes[best]!) best = value;
  return best;
}
