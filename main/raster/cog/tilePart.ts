import type { Window } from '../../../app/raster/grid.ts';
import { type SampleArray, type SampleType, samplesOf } from '../../../app/raster/samples.ts';

/** Samples of one part of a tile; `rect` counts from the tile's corner. Row r begins at `start` + r · `stride`. */
export type TilePart = {
  readonly rect: Window;
  readonly samples: SampleArray;
  readonly start: number;
  readonly stride: number;
};

/** A part whose samples hold nothing else. */
export function packedPart(rect: Window, samples: SampleArray): TilePart {
  return { rect, samples, start: 0, stride: rect.width };
}

/** Puts a part where it belongs in its tile. */
export function place(part: TilePart, tile: SampleArray, tileSize: number): void {
  const { rect, samples, start, stride } = part;
  for (let row = 0; row < rect.height; row++) {
    const at = start + row * stride;
    setAt(tile, samples.subarray(at, at + rect.width), (rect.y + row) * tileSize + rect.x);
  }
}

/** The samples of a part, row by row, as an array of its own. */
export function cutOut(part: TilePart): SampleArray {
  const { rect, samples, start, stride } = part;
  const length = rect.width * rect.height;
  if (rect.width === stride) return samples.slice(start, start + length);
  const result = samples.slice(0, length);
  for (let row = 0; row < rect.height; row++) {
    const at = start + row * stride;
    setAt(result, samples.subarray(at, at + rect.width), row * rect.width);
  }
  return result;
}

/** `target.set(source, at)` for arrays that are known to be of one type. */
export function setAt(target: SampleArray, source: SampleArray, at: number): void {
  (target as Uint8Array).set(source as Uint8Array, at);
}

/** Tiles to be filled, used again and again: memory is given back by the collector much later than it is let go. */
export class TilePool {
  readonly #type: SampleType;
  readonly #length: number;
  readonly #fill: number;
  readonly #spare: SampleArray[] = [];
  readonly #keep: number;

  /** @param keep number of unused tiles that are kept */
  constructor(type: SampleType, tileSize: number, fill: number, keep: number) {
    this.#type = type;
    this.#length = tileSize * tileSize;
    this.#fill = fill;
    this.#keep = keep;
  }

  /** A tile of nothing but the fill value. */
  take(): SampleArray {
    const spare = this.#spare.pop();
    const samples = spare ?? samplesOf(this.#type, this.#length);
    if (spare !== undefined || this.#fill !== 0) fillWith(samples, this.#fill);
    return samples;
  }

  /** Gives back a tile that nobody else holds. */
  give(tile: SampleArray): void {
    if (this.#spare.length < this.#keep) this.#spare.push(tile);
  }
}

function fillWith(samples: SampleArray, value: number): void {
  if (samples instanceof BigInt64Array || samples instanceof BigUint64Array)
    samples.fill(BigInt(value));
  else samples.fill(value);
}
