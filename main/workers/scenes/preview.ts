import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { AppError } from '../../../app/error.ts';
import { type Forest, forestProbabilities, growForest } from '../../../app/learn/forest.ts';
import { extractFeatures } from '../../../app/raster/features.ts';
import { type SceneSource, validEverywhere } from '../../../app/raster/scene.ts';
import { planView, type View } from '../../../app/raster/tileGrid.ts';
import { sampleGroups } from './groupSamples.ts';
import { spreadBands } from './reading.ts';

const trees = 16;
/** Training pixels of all classes together, and bands: what a forest learns in well under a second. */
const mostPixels = 4000;
const mostBands = 40;
/** Pixels of the picture that are worked on at a time; between them, another request or a cancellation gets through. */
const stripPixels = 2 ** 15;

type Trained = {
  /** Of the ROIs that it learned from. */
  readonly key: string;
  readonly bands: readonly number[];
  readonly forest: Forest;
  /** Class value of each class of the forest. */
  readonly values: readonly number[];
};

/** The last forest of each scene: moving the map trains nothing. */
const lastForests = new WeakMap<SceneSource, Trained>();

/** A quick map of a part of the map by a random forest. @throws AppError `no-samples`, `cancelled` */
export async function previewMap(
  source: SceneSource,
  input: DeskArguments<'preview.map'>,
  signal: AbortSignal,
): Promise<DeskOutput<'preview.map'>> {
  const started = performance.now();
  const trained = await trainedOn(source, input, signal);
  const { bounds, width, height } = input;
  const classes = new Uint8Array(width * height);
  const rows = Math.max(1, Math.floor(stripPixels / width));
  const rowHeight = (bounds[3] - bounds[1]) / height;
  for (let row = 0; row < height; row += rows) {
    await breathe(signal);
    const count = Math.min(rows, height - row);
    const top = bounds[3] - row * rowHeight;
    const strip = { width, height: count } as const;
    const view: View = {
      ...strip,
      bounds: [bounds[0], top - count * rowHeight, bounds[2], top],
    };
    await classifyStrip(source, trained, view, {
      signal,
      into: classes.subarray(row * width, (row + count) * width),
    });
  }
  return {
    bounds,
    width,
    height,
    classes: Buffer.from(classes.buffer).toString('base64'),
    seconds: (performance.now() - started) / 1000,
  };
}

/** Lets messages in. @throws AppError `cancelled` */
async function breathe(signal: AbortSignal): Promise<void> {
  await setImmediate();
  if (signal.aborted) throw new AppError('cancelled', 'Cancelled.');
}

async function trainedOn(
  source: SceneSource,
  { classes, crs }: DeskArguments<'preview.map'>,
  signal: AbortSignal,
): Promise<Trained> {
  const key = createHash('sha1')
    .update(JSON.stringify([classes, crs]))
    .digest('base64');
  const last = lastForests.get(source);
  if (last?.key === key) return last;
  const bands = spreadBands(source.description, mostBands);
  const samples = await sampleGroups(
    source,
    classes.map(({ areas }) => areas),
    { crs, bands, most: Math.ceil(mostPixels / classes.length), signal },
  );
  const used = samples
    .map((sample, index) => ({ ...sample, value: classes[index]!.value }))
    .filter(({ count }) => count > 0);
  if (used.length < 2)
    throw new AppError(
      'no-samples',
      `A preview needs ROIs of two classes on the scene; ${used.length === 1 ? 'one class has' : 'no class has'} pixels there. Draw more.`,
    );
  const total = used.reduce((sum, { count }) => sum + count, 0);
  const features = new Float32Array(total * bands.length);
  const labels = new Int32Array(total);
  let at = 0;
  used.forEach((sample, label) => {
    features.set(sample.features, at * bands.length);
    labels.fill(label, at, at + sample.count);
    at += sample.count;
  });
  const training = { features, bands: bands.length, labels, classes: used.length };
  const all = Int32Array.from({ length: total }, (_, i) => i);
  const growing = growForest(training, all, { trees, seed: 0 });
  let step = growing.next();
  for (; step.done !== true; step = growing.next()) await breathe(signal);
  const trained = { key, bands, forest: step.value, values: used.map(({ value }) => value) };
  lastForests.set(source, trained);
  return trained;
}

async function classifyStrip(
  source: SceneSource,
  { bands, forest, values }: Trained,
  view: View,
  { into, signal }: { readonly into: Uint8Array; readonly signal: AbortSignal },
): Promise<void> {
  const plan = planView(source.description.grid, view);
  if (plan === undefined) return;
  const { window, size, picks } = plan;
  const block = await source.read({ window, size, bands, signal });
  const valid = validEverywhere(block);
  const shown: number[] = [];
  for (let i = 0; i < picks.length; i++)
    if (picks[i]! >= 0 && valid?.[picks[i]!] !== 0) shown.push(i);
  const scaling = bands.map((band) => source.description.bands[band]!);
  const positions = Int32Array.from(shown, (i) => picks[i]!);
  const shares = forestProbabilities(forest, extractFeatures(block, scaling, positions, 1));
  const classes = values.length;
  shown.forEach((at, i) => {
    let best = 0;
    for (let k = 1; k < classes; k++)
      if (shares[i * classes + k]! > shares[i * classes + best]!) best = k;
    into[at] = values[best]!;
  });
}
