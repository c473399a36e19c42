/** Numbers by index without knowing how many. */
class IntegerList {
  length = 0;
  #values = new Int32Array(1024);

  get(index: number): number {
    return this.#values[index]!;
  }

  set(index: number, value: number): void {
    this.#values[index] = value;
  }

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Int32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }
}

const nothing = -1;

/**
 * Numbers the patches of equal value (joined by their sides) of a raster, row by row from the top. Patches that turn out to be
 * one later on are joined in `final`. A second pass over the same rows gives the same numbers.
 */
class PatchNumbers {
  readonly values = new IntegerList();
  readonly #parents = new IntegerList();
  readonly #width: number;
  #above: Int32Array;
  #row: Int32Array;
  #next = 0;

  constructor(width: number) {
    this.#width = width;
    this.#above = new Int32Array(width).fill(nothing);
    this.#row = new Int32Array(width);
  }

  rewind(): void {
    this.#above.fill(nothing);
    this.#next = 0;
  }

  /** Number of each pixel of the next row, −1 for value 0; valid until the next call. */
  row(values: ArrayLike<number>, offset: number): Int32Array {
    const [row, above] = [this.#row, this.#above];
    for (let x = 0; x < this.#width; x++) {
      const value = values[offset + x]!;
      if (value === 0) {
        row[x] = nothing;
        continue;
      }
      const left = x > 0 ? row[x - 1]! : nothing;
      const up = above[x]!;
      const sameLeft = left !== nothing && this.values.get(left) === value;
      const sameUp = up !== nothing && this.values.get(up) === value;
      if (sameUp && sameLeft && left !== up) this.#join(left, up);
      row[x] = sameUp ? up : sameLeft ? left : this.#fresh(value);
    }
    [this.#above, this.#row] = [row, above];
    return row;
  }

  /** The number that stands for all of its patch. */
  final(number: number): number {
    let at = number;
    while (this.#parents.get(at) !== at) {
      const parent = this.#parents.get(this.#parents.get(at));
      this.#parents.set(at, parent);
      at = parent;
    }
    return at;
  }

  #fresh(value: number): number {
    const number = this.#next++;
    if (number === this.values.length) {
      this.values.push(value);
      this.#parents.push(number);
    }
    return number;
  }

  #join(a: number, b: number): void {
    const [first, second] = [this.final(a), this.final(b)];
    if (first !== second) this.#parents.set(Math.max(first, second), Math.min(first, second));
  }
}

/**
 * Gives patches of fewer than `threshold` pixels (joined by their sides) the value of the largest patch beside them, as GDAL's
 * sieve filter does: the first of equally large ones, row by row; where that is too small as well, the largest beside it, and
 * so on; where none is large enough, the patch stays. 0 is no class, stays, and swallows nothing. Three passes over the rows,
 * in this order; memory follows the number of patches.
 */
export class Sieve {
  readonly #numbers: PatchNumbers;
  readonly #width: number;
  readonly #threshold: number;
  readonly #sizes = new IntegerList();
  readonly #largest = new IntegerList();
  #above: Int32Array;

  constructor(width: number, threshold: number) {
    this.#width = width;
    this.#threshold = threshold;
    this.#numbers = new PatchNumbers(width);
    this.#above = new Int32Array(width).fill(nothing);
  }

  /** First pass. @param values rows one after the other */
  count(values: ArrayLike<number>): void {
    for (let offset = 0; offset < values.length; offset += this.#width) {
      for (const number of this.#numbers.row(values, offset)) {
        if (number === nothing) continue;
        while (this.#sizes.length <= number) {
          this.#sizes.push(0);
          this.#largest.push(nothing);
        }
        this.#sizes.set(number, this.#sizes.get(number) + 1);
      }
    }
  }

  /** Between the first and the second pass. */
  join(): void {
    for (let number = 0; number < this.#sizes.length; number++) {
      const final = this.#numbers.final(number);
      if (final !== number)
        this.#sizes.set(final, this.#sizes.get(final) + this.#sizes.get(number));
    }
    this.#numbers.rewind();
  }

  /** Second pass. */
  compare(values: ArrayLike<number>): void {
    for (let offset = 0; offset < values.length; offset += this.#width) {
      const row = this.#numbers.row(values, offset);
      for (let x = 0; x < this.#width; x++) {
        if (row[x] === nothing) continue;
        this.#meet(row[x]!, this.#above[x]!);
        if (x > 0) this.#meet(row[x]!, row[x - 1]!);
      }
      this.#above = row.slice();
    }
  }

  /** Between the second and the third pass. */
  resolve(): void {
    for (let number = 0; number < this.#sizes.length; number++) {
      if (this.#numbers.final(number) !== number || this.#sizes.get(number) >= this.#threshold)
        continue;
      this.#largest.set(number, this.#target(number));
    }
    this.#numbers.rewind();
  }

  /** Before another pass like the third. */
  again(): void {
    this.#numbers.rewind();
  }

  /** Third pass: the values with small patches gone, in place. */
  apply(values: Uint8Array): void {
    for (let offset = 0; offset < values.length; offset += this.#width) {
      const row = this.#numbers.row(values, offset);
      for (let x = 0; x < this.#width; x++) {
        if (row[x] === nothing) continue;
        const final = this.#numbers.final(row[x]!);
        if (this.#sizes.get(final) >= this.#threshold) continue;
        const target = this.#largest.get(final);
        if (target !== nothing) values[offset + x] = this.#numbers.values.get(target);
      }
    }
  }

  #meet(a: number, b: number): void {
    if (b === nothing || a === b) return;
    const [first, second] = [this.#numbers.final(a), this.#numbers.final(b)];
    if (first === second) return;
    this.#prefer(first, second);
    this.#prefer(second, first);
  }

  #prefer(patch: number, neighbour: number): void {
    const known = this.#largest.get(patch);
    if (known === nothing || this.#sizes.get(known) < this.#sizes.get(neighbour))
      this.#largest.set(patch, neighbour);
  }

  /** The first large enough patch on the way from neighbour to largest neighbour. */
  #target(patch: number): number {
    const seen = new Set([patch]);
    let at = this.#largest.get(patch);
    while (at !== nothing && this.#sizes.get(at) < this.#threshold) {
      if (seen.has(at)) return nothing;
      seen.add(at);
      at = this.#largest.get(at);
    }
    return at;
  }
}
