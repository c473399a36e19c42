import type { SampleArray } from '../../../app/raster/samples.ts';

type Entry = { readonly samples: SampleArray; readonly place: number };

/**
 * Decoded blocks by key, up to a number of bytes. What is dropped first depends on how the file is read: in a scan (each
 * window after the one before) the block that lies first in the image, because the scan has passed it; else the least
 * recently used. With the first rule two rows of blocks are enough for a scan to decode every block once.
 */
export class BlockCache {
  readonly #entries = new Map<number, Entry>();
  readonly #budget: number;
  #bytes = 0;
  /** Whether the reads go forward through the image. */
  scanning = false;

  constructor(budget: number) {
    this.#budget = budget;
  }

  get(key: number): SampleArray | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry.samples;
  }

  /**
   * Keeps a block; `place` orders blocks in the image. The newest one stays even where it alone passes the budget, or one
   * huge strip would be decoded for every window.
   */
  set(key: number, samples: SampleArray, place: number): void {
    this.#entries.set(key, { samples, place });
    this.#bytes += samples.byteLength;
    while (this.#bytes > this.#budget && this.#entries.size > 1) {
      const dropped = (this.scanning ? this.#firstBefore(place) : undefined) ?? this.#oldest();
      this.#bytes -= this.#entries.get(dropped)!.samples.byteLength;
      this.#entries.delete(dropped);
    }
  }

  clear(): void {
    this.#entries.clear();
    this.#bytes = 0;
  }

  #oldest(): number {
    return this.#entries.keys().next().value!;
  }

  /** Key of the block that lies first in the image, if it lies before `place`. */
  #firstBefore(place: number): number | undefined {
    let first = place;
    let found: number | undefined;
    for (const [key, entry] of this.#entries) {
      if (entry.place >= first) continue;
      first = entry.place;
      found = key;
    }
    return found;
  }
}
