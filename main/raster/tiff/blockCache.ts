import type { SampleArray } from '../../../app/raster/samples.ts';

/** Decoded blocks by key, the least recently used dropped first, up to a number of bytes. */
export class BlockCache {
  readonly #entries = new Map<number, SampleArray>();
  readonly #budget: number;
  #bytes = 0;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get(key: number): SampleArray | undefined {
    const samples = this.#entries.get(key);
    if (samples === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, samples);
    return samples;
  }

  /** Keeps a block; the newest one stays even where it alone passes the budget, or one huge strip would be decoded for every window. */
  set(key: number, samples: SampleArray): void {
    this.#entries.set(key, samples);
    this.#bytes += samples.byteLength;
    for (const [oldest, dropped] of this.#entries) {
      if (this.#bytes <= this.#budget || oldest === key) return;
      this.#entries.delete(oldest);
      this.#bytes -= dropped.byteLength;
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }
}
