import { stat } from 'node:fs/promises';
import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { type Phrase, phrase, phraseText } from '../../app/phrase.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import type { Window } from '../../app/raster/grid.ts';
import { openScene } from '../raster/formats.ts';
import { type Classifier, openClassifier } from './classifier.ts';
import { readFeatureWindow } from './featureWindow.ts';
import { mapExtent } from './mapExtent.ts';
import type { TaskContext } from './task.ts';

/** What a run would take. */
export type Estimate = {
  readonly samples?: number;
  readonly seconds: readonly [least: number, most: number];
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** What was measured: in English, and in parts that a window can translate. */
  readonly basis: string;
  readonly phrases: readonly Phrase[];
};

/** A measurement has enough once it took so long. */
const longEnough = 0.7;
/** Bytes that SHA-256 takes a second, on a slow core: every input of a run is hashed. */
const hashRate = 4e8;
/** Overviews add a third. */
export const withOverviews = 4 / 3;
/** Bytes that reader and writers of a map hold beside the model: windows that wait, decoded tiles. */
export const mapBuffers = 160 * 2 ** 20;

/** Reads one block of the scene and maps some of its pixels. */
export async function probePredict(
  input: Input<'predict'>,
  { signal }: TaskContext,
): Promise<Estimate> {
  const classifier = await openClassifier(input.model, input);
  const source = await openScene(input.scene);
  try {
    const { description } = source;
    const match = matchBands(
      classifier.card.bands,
      description.bands,
      classifier.card.training.sceneBands,
    );
    if (match.indices === undefined)
      throw new AppError('bands-mismatch', match.findings.join(' '), { scene: input.scene });
    const bands = match.indices;
    const { patch } = classifier;
    const { area } = await mapExtent(input, description.grid);
    // until here a run takes as long
    const startUp = process.uptime();
    const scaling = bands.map((band) => description.bands[band]!);
    const block = middleBlock(area, description.block);
    const before = performance.now();
    const { features } = await readFeatureWindow(source, inner(block), {
      bands,
      scaling,
      patch,
      signal,
    });
    // however little is read of a block of the file, all of it is decoded
    const reading = (performance.now() - before) / 1000 / (block.width * block.height);
    const mapping = timeMapping(classifier, features, bands.length, signal);
    const all = area.width * area.height;
    const hashing = await hashSeconds(description.files);
    return {
      seconds: [
        startUp + 0.8 * (hashing / 2 + all * Math.max(reading, mapping.perPixel)),
        2 + 1.5 * startUp + 1.7 * (hashing + all * (reading + mapping.perPixel)),
      ],
      memoryBytes: process.resourceUsage().maxRSS * 1024 + mapBuffers,
      diskBytes: Math.ceil(all * withOverviews * bytesPerPixel(input, classifier.classes.length)),
      ...basisOf([
        phrase('{pixels} of {all} pixels were mapped to measure it, with {engine}.', {
          pixels: mapping.pixels,
          all,
          engine: `${classifier.engine.id} (${classifier.engine.device})`,
        }),
        phrase('Disk: before compression.'),
      ]),
    };
  } finally {
    await source.close();
    classifier.dispose();
  }
}

/** What an estimate rests on, in both forms. */
export const basisOf = (phrases: readonly Phrase[]): Pick<Estimate, 'basis' | 'phrases'> => ({
  basis: phraseText(phrases),
  phrases,
});

/** Seconds a pixel of the model: more and more pixels, until they take long enough to tell. */
function timeMapping(
  { probabilities, patch }: Pick<Classifier, 'probabilities' | 'patch'>,
  features: Float32Array,
  bands: number,
  signal: AbortSignal,
): { readonly perPixel: number; readonly pixels: number } {
  const size = bands * patch ** 2;
  // a window without data tells nothing of the model: then one of zeros does
  const known = features.length > 0 ? features : new Float32Array(1024 * size);
  const most = known.length / size;
  for (let pixels = Math.min(64, most); ; pixels = Math.min(4 * pixels, most)) {
    signal.throwIfAborted();
    const started = performance.now();
    probabilities({ features: known.subarray(0, pixels * size), bands, patch });
    const seconds = (performance.now() - started) / 1000;
    if (seconds >= longEnough || pixels === most) return { perPixel: seconds / pixels, pixels };
  }
}

/** The part of an area that one block of the file holds, in its middle. */
function middleBlock(area: Window, block: { width: number; height: number }): Window {
  const cut = (start: number, length: number, step: number): [number, number] => {
    const from = Math.floor((start + (length >> 1)) / step) * step;
    const first = Math.max(start, from);
    return [first, Math.min(start + length, from + step) - first];
  };
  const [x, width] = cut(area.x, area.width, block.width);
  const [y, height] = cut(area.y, area.height, block.height);
  return { x, y, width, height };
}

/** At most so many pixels along a side are made features of. */
const mostSide = 256;

const inner = ({ x, y, width, height }: Window): Window => ({
  x,
  y,
  width: Math.min(mostSide, width),
  height: Math.min(mostSide, height),
});

/** Of all rasters of a map. */
export function bytesPerPixel({ score, probabilities }: Input<'predict'>, classes: number): number {
  return 1 + (score === undefined ? 0 : 4) + (probabilities === undefined ? 0 : 4 * classes);
}

/** Seconds that hashing takes; files of the network are not hashed. */
export async function hashSeconds(files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += (await stat(file).catch(() => undefined))?.size ?? 0;
  return bytes / hashRate;
}
