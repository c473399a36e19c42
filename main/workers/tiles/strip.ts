import type { Window } from '../../../app/raster/grid.ts';
import type { ScoredWindow } from '../mapWriters.ts';

/** Class probabilities of a tile, (side, side, classes). */
export type ScoredTile = {
  readonly scores: Float32Array;
  readonly valid: Uint8Array;
  /** Column of the tile's corner in the strip; may stick out on both sides. */
  readonly x: number;
  readonly side: number;
};

/** Weighted sums of class probabilities over a strip of pixels half a tile high. */
export class Strip {
  readonly #width: number;
  readonly #height: number;
  readonly #classes: number;
  readonly #sums: Float32Array;
  readonly #valid: Uint8Array;

  constructor(width: number, height: number, classes: number) {
    this.#width = width;
    this.#height = height;
    this.#classes = classes;
    this.#sums = new Float32Array(width * height * classes);
    this.#valid = new Uint8Array(width * height);
  }

  /** Adds the rows of a tile from `fromRow` on that lie over this strip. */
  add({ scores, valid, x, side }: ScoredTile, weights: Float32Array, fromRow: number): void {
    const classes = this.#classes;
    const [first, end] = [Math.max(0, -x), Math.min(side, this.#width - x)];
    for (let row = 0; row < this.#height; row++) {
      for (let column = first; column < end; column++) {
        const from = (row + fromRow) * side + column;
        if (valid[from] === 0) continue;
        const to = row * this.#width + x + column;
        const weight = weights[from]!;
        this.#valid[to] = 1;
        for (let k = 0; k < classes; k++)
          this.#sums[to * classes + k]! += weight * scores[from * classes + k]!;
      }
    }
  }

  /** The mapped pixels of the strip's first rows, and inside `wanted` where it is given; each one's scores add up to 1. */
  scores(window: Window, wanted: Uint8Array | undefined): ScoredWindow {
    const classes = this.#classes;
    const pixels = window.width * window.height;
    const indices = Int32Array.from({ length: pixels }, (_, i) => i).filter(
      (i) => this.#valid[i] === 1 && wanted?.[i] !== 0,
    );
    const scores = new Float32Array(indices.length * classes);
    for (const [i, pixel] of indices.entries()) {
      const sums = this.#sums.subarray(pixel * classes, (pixel + 1) * classes);
      const total = sums.reduce((sum, one) => sum + one, 0);
      for (let k = 0; k < classes; k++) scores[i * classes + k] = sums[k]! / total;
    }
    return { window, indices, scores };
  }

  /** This strip, empty again. */
  cleared(): this {
    this.#sums.fill(0);
    this.#valid.fill(0);
    return this;
  }
}
