import type { Window } from '../raster/grid.ts';

/** Pixels with a known class, as columns of equal length. */
export type LabelledPixels = {
  /** Column in the scene. */
  readonly x: Int32Array;
  /** Row in the scene. */
  readonly y: Int32Array;
  /** Index into the class list (not the class value). */
  readonly classIndex: Uint8Array;
  /** Index of the ROI that it belongs to; -1 where labels came without ROIs. */
  readonly roiIndex: Int32Array;
};

/** A run of labelled pixels that lie in one window of the scene: read the window once, use the pixels `start` to `start + count`. */
export type PixelWindow = {
  readonly window: Window;
  readonly start: number;
  readonly count: number;
};

/** Labelled pixels in the order of windows, row by row inside each. */
export type WindowedPixels = LabelledPixels & { readonly windows: readonly PixelWindow[] };

/** Collects labelled pixels without knowing their number. */
export class PixelCollector {
  #capacity = 1024;
  #length = 0;
  #x = new Int32Array(1024);
  #y = new Int32Array(1024);
  #roi = new Int32Array(1024);
  #class = new Uint8Array(1024);

  get length(): number {
    return this.#length;
  }

  add(x: number, y: number, classIndex: number, roiIndex: number): void {
    if (this.#length === this.#capacity) this.#grow();
    const i = this.#length++;
    this.#x[i] = x;
    this.#y[i] = y;
    this.#class[i] = classIndex;
    this.#roi[i] = roiIndex;
  }

  /** The pixels collected so far, in arrays of their own. */
  pixels(): LabelledPixels {
    const n = this.#length;
    return {
      x: this.#x.slice(0, n),
      y: this.#y.slice(0, n),
      classIndex: this.#class.slice(0, n),
      roiIndex: this.#roi.slice(0, n),
    };
  }

  #grow(): void {
    this.#capacity *= 2;
    const larger = <A extends Int32Array | Uint8Array>(values: A, copy: A): A => {
      copy.set(values);
      return copy;
    };
    this.#x = larger(this.#x, new Int32Array(this.#capacity));
    this.#y = larger(this.#y, new Int32Array(this.#capacity));
    this.#roi = larger(this.#roi, new Int32Array(this.#capacity));
    this.#class = larger(this.#class, new Uint8Array(this.#capacity));
  }
}

/** A chosen part of labelled pixels, in the order of `indices`. */
export function selectPixels(pixels: LabelledPixels, indices: ArrayLike<number>): LabelledPixels {
  const n = indices.length;
  const result = {
    x: new Int32Array(n),
    y: new Int32Array(n),
    classIndex: new Uint8Array(n),
    roiIndex: new Int32Array(n),
  };
  for (let i = 0; i < n; i++) {
    const from = indices[i]!;
    result.x[i] = pixels.x[from]!;
    result.y[i] = pixels.y[from]!;
    result.classIndex[i] = pixels.classIndex[from]!;
    result.roiIndex[i] = pixels.roiIndex[from]!;
  }
  return result;
}
