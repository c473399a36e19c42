import { AppError } from '../../../app/error.ts';
import type { Window } from '../../../app/raster/grid.ts';
import { bytesPerSample, type SampleArray, samplesOf } from '../../../app/raster/samples.ts';
import type { BlockReader, Chunk } from './blocks.ts';
import { fillOf } from './fill.ts';
import { fillRegion, type Region } from './gather.ts';
import { kernels } from './kernels.ts';
import { blockSamples } from './layout.ts';
import type { ReadState } from './readState.ts';

/** Compressed bytes that are held at once while a window is read. */
const batchBytes = 2 ** 23;
/** Time after which a long read lets timers, messages and cancelling through. */
const turnMilliseconds = 40;
/** Keys of one image's chunks start here times its number. */
const keySpace = 2 ** 36;

/** One image of a file (main image, overview or mask), read window by window. */
export class TiffImage {
  readonly blocks: BlockReader;
  readonly #state: ReadState;
  readonly #number: number;
  readonly #fill: number | bigint;
  /** Where the last window read begins. */
  #lastPlace = 0;

  /** `fill` is the value of blocks that were never written. */
  constructor(blocks: BlockReader, state: ReadState, number: number, fill?: number | bigint) {
    this.blocks = blocks;
    this.#state = state;
    this.#number = number;
    this.#fill = fill ?? fillOf(blocks.layout.type, undefined);
  }

  /** Samples of the bands asked for, each width · height of the window, which lies within the image. */
  async read(
    window: Window,
    bands: readonly number[],
    signal?: AbortSignal,
  ): Promise<SampleArray[]> {
    const { layout, codec } = this.blocks;
    await codec?.prepare?.();
    const place = window.y * layout.width + window.x;
    this.#state.shared.cache.scanning = place >= this.#lastPlace;
    this.#lastPlace = place;
    const targets = bands.map(() => this.#allocate(window));
    let started = performance.now();
    for (const batch of this.#batches(window, bands)) {
      if (signal?.aborted === true) throw new AppError('cancelled', 'Reading was cancelled.');
      if (performance.now() - started > turnMilliseconds) {
        await new Promise((resolve) => setImmediate(resolve));
        started = performance.now();
      }
      await this.#state.inTurn(() => this.#copyBatch(batch, { window, bands, targets }, signal));
    }
    return targets;
  }

  #allocate(window: Window): SampleArray {
    const { type } = this.blocks.layout;
    const bytes = window.width * window.height * bytesPerSample(type);
    try {
      // Not zeroed: the chunks cover every pixel of the window.
      return samplesOf(type, Buffer.allocUnsafeSlow(bytes).buffer);
    } catch {
      throw new AppError(
        'too-large',
        `A window of ${window.width} × ${window.height} pixels needs ${bytes} bytes a band. Read smaller windows.`,
        { window, bytes },
      );
    }
  }

  /** The chunks that a window touches, in the order of the file's rows, in groups of bounded size. */
  *#batches(window: Window, bands: readonly number[]): Generator<Chunk[]> {
    const { layout, chunkRows } = this.blocks;
    const planes = layout.planar ? [...new Set(bands)] : [0];
    const bytes = chunkRows * layout.rowBytes;
    let batch: Chunk[] = [];
    for (let y = window.y; y < window.y + window.height; ) {
      let next = y + 1;
      for (const plane of planes) {
        for (let x = window.x; x < window.x + window.width; ) {
          const chunk = this.blocks.chunkAt(x, y, plane);
          batch.push(chunk);
          if (batch.length * bytes >= batchBytes) {
            yield batch;
            batch = [];
          }
          x = chunk.x + layout.blockWidth;
          next = chunk.y + chunk.rows;
        }
      }
      y = next;
    }
    if (batch.length > 0) yield batch;
  }

  async #copyBatch(batch: Chunk[], job: CopyJob, signal?: AbortSignal): Promise<void> {
    const { source } = this.#state;
    const { cache } = this.#state.shared;
    const missing: Chunk[] = [];
    const ranges: { offset: number; length: number }[] = [];
    for (const chunk of batch) {
      const samples = cache.get(this.#key(chunk));
      if (samples !== undefined) {
        this.#copy(chunk, samples, job);
        continue;
      }
      const range = await this.blocks.rangeOf(chunk);
      if (range === undefined) this.#copy(chunk, undefined, job);
      else {
        missing.push(chunk);
        ranges.push(range);
      }
    }
    if (missing.length === 0) return;
    const raw = await source.read(ranges, signal);
    for (const [i, chunk] of missing.entries()) {
      const samples = this.blocks.decode(chunk, raw[i]!);
      raw[i] = new Uint8Array(0);
      if (this.blocks.codec !== undefined) this.#state.shared.decoded++;
      cache.set(this.#key(chunk), samples, chunk.y * this.blocks.layout.width + chunk.x);
      this.#copy(chunk, samples, job);
    }
  }

  #key(chunk: Chunk): number {
    return this.#number * keySpace + chunk.index;
  }

  /** Copies what the window needs of a chunk; an absent chunk is filled. */
  #copy(chunk: Chunk, samples: SampleArray | undefined, { window, bands, targets }: CopyJob): void {
    const { layout } = this.blocks;
    const perPixel = blockSamples(layout);
    const left = Math.max(window.x, chunk.x);
    const top = Math.max(window.y, chunk.y);
    const width = Math.min(window.x + window.width, chunk.x + layout.blockWidth) - left;
    const height = Math.min(window.y + window.height, chunk.y + chunk.rows) - top;
    const plane = Math.floor(chunk.block / (layout.blocksAcross * layout.blocksDown));
    const first = ((top - chunk.y) * layout.blockWidth + left - chunk.x) * perPixel;
    const wanted = [...bands.entries()].filter(([, band]) => !layout.planar || band === plane);
    const region: Region = {
      firsts: wanted.map(([, band]) => first + (layout.planar ? 0 : band)),
      fromStride: layout.blockWidth * perPixel,
      samples: perPixel,
      to: (top - window.y) * window.width + left - window.x,
      toStride: window.width,
      width,
      height,
    };
    const places = wanted.map(([i]) => targets[i]!);
    if (samples !== undefined) kernels().gather(samples, places, region);
    else for (const place of places) fillRegion(place, region, this.#fill);
  }
}

type CopyJob = {
  readonly window: Window;
  readonly bands: readonly number[];
  readonly targets: readonly SampleArray[];
};
