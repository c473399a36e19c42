import { AppError } from '../../app/error.ts';
import type { Grid, Window } from '../../app/raster/grid.ts';
import type { LandClass } from '../../app/vector/roi.ts';
import type { CogOptions, Compression } from '../raster/cog/plan.ts';
import {
  type CogProgress,
  type CogWriter,
  type CogWriterOptions,
  createCogWriter,
} from '../raster/cog/writeCog.ts';

/** What a map run writes. */
export type MapOutputs = {
  /** Class map. */
  readonly out: string;
  readonly probabilities?: string | undefined;
  readonly score?: string | undefined;
};

export type MapWriterOptions = {
  readonly grid: Grid;
  readonly compression: Compression;
  readonly metadata: Readonly<Record<string, string>>;
  /** Names the run: a spool of another run is not continued. */
  readonly key: string;
  readonly resume: boolean;
  readonly signal: AbortSignal;
  /** Smaller copies are left out of a map that is none yet. */
  readonly overviews?: 'none' | undefined;
};

/** Scores of the mapped pixels of a window: (n, classes), and their positions in the window. */
export type ScoredWindow = {
  readonly window: Window;
  readonly indices: Int32Array;
  readonly scores: Float32Array;
};

/** The rasters of one map run, written window by window. */
export type MapWriters = {
  /** Whether a run before this one has finished the window in every output. */
  done(window: Window): boolean;
  write(scored: ScoredWindow): Promise<void>;
  /** Writes samples that were computed before; `read` gives the bands of each output by its path. */
  copy(
    window: Window,
    read: (path: string) => Promise<(Uint8Array | Uint16Array | Float32Array)[]>,
  ): Promise<void>;
  finish(): Promise<void>;
  /** Of each output. */
  progress(): readonly CogProgress[];
  /** Stops: keeps what a later run can continue, or removes that too. */
  abort(keep: boolean): Promise<void>;
};

/** One raster of a map run. */
type MapRaster = {
  readonly path: string;
  readonly content: Pick<CogOptions, 'bands'> & Partial<CogOptions>;
  /** Its bands over a window. */
  readonly samples: (scored: ScoredWindow) => (Uint8Array | Uint16Array | Float32Array)[];
};

/** Opens the outputs of a class map. @throws AppError `not-writable`, `disk-full` */
export function openMapWriters(
  options: MapWriterOptions & {
    readonly outputs: MapOutputs;
    readonly classes: readonly LandClass[];
  },
): Promise<MapWriters> {
  const { outputs, classes } = options;
  const rasters: MapRaster[] = [
    {
      path: outputs.out,
      content: classMapOptions(classes),
      samples: (scored) => [classSamples(scored, classes)],
    },
  ];
  if (outputs.score !== undefined)
    rasters.push({
      path: outputs.score,
      content: { bands: [scoreBand('model score')], overviews: 'average' },
      samples: (scored) => [topScores(scored, classes.length)],
    });
  if (outputs.probabilities !== undefined)
    rasters.push({
      path: outputs.probabilities,
      content: { bands: classes.map(({ name }) => scoreBand(name)), overviews: 'average' },
      samples: (scored) => classScores(scored, classes.length),
    });
  return openRasterWriters(rasters, options);
}

/** Opens rasters that are written together; the first comes last under its name. @throws AppError `not-writable`, `disk-full` */
export async function openRasterWriters(
  rasters: readonly MapRaster[],
  { grid, compression, metadata, key, signal, resume, overviews }: MapWriterOptions,
): Promise<MapWriters> {
  const writers: (MapRaster & { readonly writer: CogWriter })[] = [];
  const abort = async (keep: boolean): Promise<void> => {
    await Promise.all(writers.map(({ writer }) => (keep ? writer.suspend() : writer.abort())));
  };
  try {
    for (const raster of rasters) {
      const writer = await freshOrContinued(raster.path, resume, {
        grid,
        compression,
        metadata,
        unwritten: 'nodata',
        signal,
        resume: { key },
        ...raster.content,
        ...(overviews === undefined ? {} : { overviews }),
      });
      writers.push({ ...raster, writer });
    }
  } catch (error) {
    await abort(true);
    throw error;
  }
  return {
    done: (window) => writers.every(({ writer }) => writer.done(window)),
    write: async (scored) => {
      for (const { writer, samples } of writers) {
        if (!writer.done(scored.window))
          await writer.write({ window: scored.window, bands: samples(scored) });
      }
    },
    copy: async (window, read) => {
      for (const { writer, path } of writers)
        if (!writer.done(window)) await writer.write({ window, bands: await read(path) });
    },
    finish: async () => {
      // The class map comes last: where it is, the others are.
      for (const { writer } of writers.toReversed()) await writer.finish();
    },
    progress: () => writers.map(({ writer }) => writer.progress()),
    abort,
  };
}

/** A writer that goes on where a run with the same key stopped, or one that forgets it. */
async function freshOrContinued(
  path: string,
  resume: boolean,
  options: CogWriterOptions,
): Promise<CogWriter> {
  const writer = await createCogWriter(path, options);
  if (resume) return writer;
  await writer.abort();
  return createCogWriter(path, options);
}

export function classMapOptions(
  classes: readonly LandClass[],
): Pick<CogOptions, 'bands' | 'classNames' | 'palette' | 'overviews'> {
  const type = classes.every(({ value }) => value <= 255) ? 'uint8' : 'uint16';
  return {
    bands: [{ name: 'class', type, nodata: 0 }],
    classNames: new Map(classes.map(({ value, name }) => [value, name])),
    palette: new Map(
      classes.map(({ value, color: [red, green, blue] }) => [
        value,
        [red, green, blue, 255] as const,
      ]),
    ),
    overviews: 'mode',
  };
}

export function scoreBand(name: string): CogOptions['bands'][number] {
  return { name, type: 'float32', nodata: Number.NaN };
}

/** Index of the highest score of a row; the first one where several are equal. */
function best(scores: Float32Array, row: number, classes: number): number {
  let index = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < classes; k++) {
    const score = scores[row * classes + k]!;
    if (score > highest) {
      highest = score;
      index = k;
    }
  }
  if (highest === Number.NEGATIVE_INFINITY) {
    throw new AppError(
      'engine',
      'The engine gave no number as score of a pixel. Run "prismap doctor"; another engine can be chosen with --engine.',
    );
  }
  return index;
}

/** Class values of a window, 0 where nothing was mapped. */
export function classSamples(
  { window, indices, scores }: ScoredWindow,
  classes: readonly LandClass[],
): Uint8Array | Uint16Array {
  const Samples = classes.every(({ value }) => value <= 255) ? Uint8Array : Uint16Array;
  const samples = new Samples(window.width * window.height);
  for (let i = 0; i < indices.length; i++)
    samples[indices[i]!] = classes[best(scores, i, classes.length)]!.value;
  return samples;
}

function topScores({ window, indices, scores }: ScoredWindow, classes: number): Float32Array {
  const samples = new Float32Array(window.width * window.height).fill(Number.NaN);
  for (let i = 0; i < indices.length; i++)
    samples[indices[i]!] = scores[i * classes + best(scores, i, classes)]!;
  return samples;
}

/** One raster a class, NaN where nothing was mapped. */
export function classScores(
  { window, indices, scores }: ScoredWindow,
  classes: number,
): Float32Array[] {
  return Array.from({ length: classes }, (_, k) => {
    const samples = new Float32Array(window.width * window.height).fill(Number.NaN);
    for (let i = 0; i < indices.length; i++) samples[indices[i]!] = scores[i * classes + k]!;
    return samples;
  });
}
