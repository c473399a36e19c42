import type { Window } from '../../../app/raster/grid.ts';

/**
 * Whether a map shows the tiles that it was made of: mean step of its values across the lines where tiles meet, over that
 * across all other lines. 1 = the joins cannot be told from the rest. Whole rows, from the top.
 */
export class SeamMeter {
  readonly #spacing: number;
  #above: readonly Float32Array[] | undefined;
  #joins = { sum: 0, count: 0 };
  #others = { sum: 0, count: 0 };

  /** @param spacing pixels from one join to the next, the first at 0 */
  constructor(spacing: number) {
    this.#spacing = spacing;
  }

  /** Planes of values, one or several of the same rows; NaN where there are none. */
  add(planes: readonly Float32Array[], { y, width, height }: Window): void {
    for (let row = 0; row < height; row++) {
      const lines = planes.map((plane) => plane.slice(row * width, (row + 1) * width));
      for (const [i, line] of lines.entries()) {
        const above = this.#above?.[i];
        for (let x = 1; x < width; x++) this.#step(line[x]! - line[x - 1]!, x);
        if (above === undefined) continue;
        for (let x = 0; x < width; x++) this.#step(line[x]! - above[x]!, y + row);
      }
      this.#above = lines;
    }
  }

  /** Undefined where there is nothing to compare. */
  ratio(): number | undefined {
    const [joins, others] = [this.#joins, this.#others];
    if (joins.count === 0 || others.count === 0 || others.sum === 0) return undefined;
    return joins.sum / joins.count / (others.sum / others.count);
  }

  #step(difference: number, position: number): void {
    if (Number.isNaN(difference)) return;
    const kind = position % this.#spacing === 0 ? this.#joins : this.#others;
    kind.sum += Math.abs(difference);
    kind.count += 1;
  }
}
