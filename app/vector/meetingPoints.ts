/**
 * Corners of pixels where three or more classes meet, or two meet crosswise: the ends of the lines between classes. The four
 * corners of the raster count as such. Rows are given from the top; 0 and what lies outside are the same.
 */
export class MeetingPoints {
  readonly #width: number;
  readonly #bits: Uint8Array;
  #above: Uint8Array;
  #row = 0;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#above = new Uint8Array(width);
    this.#bits = new Uint8Array(Math.ceil(((width + 1) * (height + 1)) / 8));
    for (const x of [0, width]) for (const y of [0, height]) this.#mark(x, y);
  }

  /** Takes the next rows. */
  add(values: Uint8Array): void {
    for (let offset = 0; offset < values.length; offset += this.#width)
      this.#border(values.subarray(offset, offset + this.#width));
  }

  /** After the last row. */
  end(): void {
    this.#border(new Uint8Array(this.#width));
  }

  has(x: number, y: number): boolean {
    const at = y * (this.#width + 1) + x;
    return ((this.#bits[at >> 3]! >> (at & 7)) & 1) === 1;
  }

  #mark(x: number, y: number): void {
    const at = y * (this.#width + 1) + x;
    this.#bits[at >> 3]! |= 1 << (at & 7);
  }

  #border(below: Uint8Array): void {
    const above = this.#above;
    for (let x = 0; x <= this.#width; x++) {
      const [a, b] = [x > 0 ? above[x - 1]! : 0, above[x] ?? 0];
      const [c, d] = [x > 0 ? below[x - 1]! : 0, below[x] ?? 0];
      const lines = Number(a !== b) + Number(c !== d) + Number(a !== c) + Number(b !== d);
      if (lines >= 3) this.#mark(x, this.#row);
    }
    this.#above = below.slice();
    this.#row += 1;
  }
}
