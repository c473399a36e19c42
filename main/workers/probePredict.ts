import { stat } from 'node:fs/promises';
import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { matchBands } from '../../app/raster/bandContract.ts';
import type { Window } from '../../app/raster/grid.ts';
import { openScene } from '../raster/formats.ts';
import { openClassifier } from './classifier.ts';
import { readFeatureWindow } from './featureWindow.ts';
import { mapExtent } from './mapExtent.ts';
import type { TaskContext } from './task.ts';

/** What a run would take. */
export type Estimate = {
  readonly samples?: number;
  readonly seconds: readonly [least: number, most: number];
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly basis: string;
};

/** A measurement has enough once it took so long. */
const longEnough = 0.7;
/** Bytes that SHA-256 takes a second, on a slow core: every input of a run is hashed. */
const hashRate = 4e8;
/** Overviews add a third. */
const withOverviews = 4 / 3;
/** Bytes that reader and writers of a map hold beside the model: windows that wait, decoded tiles. */
const mapBuffers = 160 * 2 ** 20;

/** Maps one small window of the scene, and a larger one where that was too quick to tell. */
export async function probePredict(
  input: Input<'predict'>,
  { signal }: TaskContext,
): Promise<Estimate> {
  const started = performance.now();
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
    const startUp = (performance.now() - started) / 1000;
    let [side, read, mapped, pixels] = [32, 0, 0, 0];
    while (mapped + read < longEnough) {
      signal.throwIfAborted();
      const window = middle(area, side);
      const before = performance.now();
      const { features } = await readFeatureWindow(source, window, {
        bands,
        scaling: bands.map((band) => description.bands[band]!),
        patch,
      });
      const between = performance.now();
      const count = features.length / (bands.length * patch ** 2);
      // a window without data tells nothing of the model: then one of zeros does
      const spectra = count > 0 ? features : new Float32Array(1024 * bands.length * patch ** 2);
      classifier.probabilities({ features: spectra, bands: bands.length, patch });
      mapped = (performance.now() - between) / 1000;
      read = (between - before) / 1000;
      pixels = count > 0 ? window.width * window.height : 1024;
      if (side >= 1024 || (window.width < side && window.height < side)) break;
      side *= 2;
    }
    const all = area.width * area.height;
    const hashing = await hashSeconds(description.files);
    const [reading, mapping] = [(read / pixels) * all, (mapped / pixels) * all];
    return {
      seconds: [
        startUp + 0.8 * (hashing / 2 + Math.max(reading, mapping)),
        2 + startUp + 1.4 * (hashing + reading + mapping),
      ],
      memoryBytes: process.resourceUsage().maxRSS * 1024 + mapBuffers,
      diskBytes: Math.ceil(all * withOverviews * bytesPerPixel(input, classifier.classes.length)),
      basis: `${pixels.toLocaleString('en')} of ${all.toLocaleString('en')} pixels were mapped to measure it, with ${classifier.engine.id} on ${classifier.engine.device}. Disk: before compression.`,
    };
  } finally {
    await source.close();
    classifier.dispose();
  }
}

/** A square in the middle of an area, as far as it fits. */
function middle({ x, y, width, height }: Window, side: number): Window {
  const [w, h] = [Math.min(side, width), Math.min(side, height)];
  return { x: x + ((width - w) >> 1), y: y + ((height - h) >> 1), width: w, height: h };
}

function bytesPerPixel({ score, probabilities }: Input<'predict'>, classes: number): number {
  return 1 + (score === undefined ? 0 : 4) + (probabilities === undefined ? 0 : 4 * classes);
}

/** Seconds that hashing takes; files of the network are not hashed. */
export async function hashSeconds(files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += (await stat(file).catch(() => undefined))?.size ?? 0;
  return bytes / hashRate;
}
