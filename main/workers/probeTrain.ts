import { join } from 'node:path';
import { AppError } from '../../app/error.ts';
import { lengthOf, presetNamed } from '../../app/learn/settings.ts';
import { phrase } from '../../app/phrase.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import { roiPixels } from '../../app/vector/roiPixels.ts';
import type { Engine } from '../engines/engine.ts';
import { fitClassifier } from '../engines/fit.ts';
import { fitForest } from '../engines/forest.ts';
import { openEngine } from '../engines/table.ts';
import { openScene } from '../raster/formats.ts';
import { createTransform } from '../vector/crs.ts';
import { readRois } from '../vector/readRois.ts';
import { isLabelRaster } from './classReader.ts';
import { engineOptions } from './engineOptions.ts';
import { trees } from './fitBaseline.ts';
import { gatherSamples, thinPixels } from './gatherSamples.ts';
import { basisOf, type Estimate, hashSeconds } from './probePredict.ts';
import type { RoiInput } from './roiInput.ts';
import type { TaskContext } from './task.ts';
import { candidateBands, cleanSamples, faultyBands } from './usableBands.ts';

/** Samples of the probe, all classes together; trees that it grows of them, and how many of them a network learns from. */
const [probeSamples, probeTrees, networkSamples] = [2048, 8, 768];
/** A forest takes more than a power of the samples between these: nodes cost, however few samples they have. */
const [flattest, steepest] = [0.6, 1.1];
/** Epochs of the probe: the first warms up. */
const probeEpochs = 3;

/** Learns from a few hundred of the samples for a few epochs. */
export async function probeTrain(input: RoiInput, context: TaskContext): Promise<Estimate> {
  const probe = await gatherProbe(input, context);
  // the samples of the probe lie in nearly all windows of the ROIs: until here a run takes about as long
  const reading = process.uptime();
  const training = Math.max(1, Math.round(probe.all * (1 - input.validation)));
  const forest: Range =
    input.model === 'forest' || input.baseline
      ? await timeForest(probe, training, context)
      : [0, 0];
  const network =
    input.model === 'forest' ? undefined : await timeNetwork(probe, training, input, context);
  const fixed = reading + (await hashSeconds(probe.files));
  const seconds: Range = network?.seconds ?? [0, 0];
  return {
    samples: probe.all,
    seconds: [0.7 * fixed + forest[0] + seconds[0], 1 + 1.4 * fixed + forest[1] + seconds[1]],
    memoryBytes:
      process.resourceUsage().maxRSS * 1024 + 3 * 4 * probe.all * probe.bands * probe.patch ** 2,
    diskBytes: network?.checkpointBytes ?? 20e6,
    ...basisOf([
      network === undefined
        ? phrase('{count} of {all} samples were used to measure it.', {
            count: probe.count,
            all: probe.all,
          })
        : phrase('{count} of {all} samples were used to measure it, with {engine}.', {
            count: probe.count,
            all: probe.all,
            engine: network.engine,
          }),
    ]),
  };
}

type Range = readonly [least: number, most: number];

type Probe = {
  readonly features: Float32Array;
  readonly labels: Int32Array;
  readonly bands: number;
  readonly patch: 1 | 3;
  readonly classes: Awaited<ReturnType<typeof readRois>>['classes'];
  /** Samples of the probe, and of the whole run. */
  readonly count: number;
  readonly all: number;
  readonly files: readonly string[];
};

/** A few samples of every class of the first scene. */
async function gatherProbe(input: RoiInput, { signal }: TaskContext): Promise<Probe> {
  if (await isLabelRaster(input.rois))
    throw new AppError('unsupported', 'A label raster is not measured beforehand: start the job.');
  const { classField, layer } = input;
  const rois = await readRois(input.rois, {
    ...(classField === undefined ? {} : { classField }),
    ...(layer === undefined ? {} : { layer }),
    signal,
  });
  const source = await openScene(input.scene[0]!);
  try {
    const { grid, block, bands, files } = source.description;
    const { pixels, report } = roiPixels(placeRois(rois, grid, createTransform), { block, signal });
    const counts = report.classes.map((landClass) => Math.min(landClass.pixels, input.maxSamples));
    const present = counts.filter((count) => count > 0).length;
    const few = thinPixels(pixels, Math.ceil(probeSamples / Math.max(1, present)), input.seed);
    const candidates = candidateBands(bands, input.skipBands, input.scene[0]!);
    const patch = input.patch ?? 1;
    const gathered = await gatherSamples(source, few, {
      bands: candidates,
      patch,
      signal,
      onProgress: () => undefined,
    });
    const cells = patch ** 2;
    const faults = faultyBands(gathered.features, candidates.length, cells);
    const clean = cleanSamples(gathered.features, candidates, faults, cells);
    const used = [...new Set(few.classIndex)].toSorted((a, b) => a - b);
    return {
      features: clean.features,
      labels: clean.kept.map((at) => used.indexOf(few.classIndex[at]!)),
      bands: clean.bands.length,
      patch,
      classes: used.map((index) => rois.classes[index]!),
      count: clean.kept.length,
      all: counts.reduce((sum, count) => sum + count, 0) * input.scene.length,
      files,
    };
  } finally {
    await source.close();
  }
}

/** Seconds of the random forest over `training` samples. */
async function timeForest(
  { features, bands, patch, labels, classes }: Probe,
  training: number,
  { signal }: TaskContext,
): Promise<Range> {
  const cells = patch ** 2;
  const centres = Float32Array.from(
    { length: features.length / cells },
    (_, i) => features[i * cells + (cells >> 1)]!,
  );
  const train = Int32Array.from(labels.keys());
  const samples = { features: centres, bands, labels, classes: classes.length };
  // the first trees warm up
  await fitForest(samples, { train, trees: probeTrees, seed: 1, signal });
  const started = performance.now();
  await fitForest(samples, { train, trees: probeTrees, seed: 0, signal });
  const seconds = (performance.now() - started) / 1000;
  const [whole, ratio] = [(seconds * trees) / probeTrees, Math.max(1, training / train.length)];
  return [0.8 * whole * ratio ** flattest, 1.2 * whole * ratio ** steepest];
}

/** Least share of the epochs that a run which may stop early still takes. */
const earliestStop = 0.3;

async function timeNetwork(
  probe: Probe,
  training: number,
  input: RoiInput,
  { signal }: TaskContext,
): Promise<{
  readonly seconds: Range;
  readonly checkpointBytes: number;
  readonly engine: string;
}> {
  const preset = presetNamed(input.preset);
  const opening = performance.now();
  const engine = await openEngine(engineOptions(input));
  try {
    const few = await timeEpoch(probe, networkSamples / 4, input, engine, signal);
    const opened = (performance.now() - opening) / 1000 - probeEpochs * few.seconds;
    const more = await timeEpoch(probe, networkSamples, input, engine, signal);
    // an epoch takes a part of its own, as for its checkpoint, and one that grows with the samples
    const slope = Math.max(
      (more.seconds - few.seconds) / (more.samples - few.samples),
      (0.3 * more.seconds) / more.samples,
    );
    const fixed = Math.max(0, few.seconds - slope * few.samples);
    const { members, patience } = preset.settings;
    const length = lengthOf(
      { ...preset.settings, ...(input.epochs === undefined ? {} : { epochs: input.epochs }) },
      training,
    ).epochs;
    const whole = (fixed + slope * training) * length * members;
    return {
      seconds: [
        0.7 * opened + 0.8 * whole * (patience === undefined ? 1 : earliestStop),
        1.5 * (opened + whole),
      ],
      // weights, their mean, the best, and two moments of each, in the newest checkpoint and the one before
      checkpointBytes: 2 * 5 * more.weightBytes * members,
      engine: `${engine.info.engine} on ${engine.info.device}`,
    };
  } finally {
    engine.dispose();
  }
}

type TimedEpoch = {
  /** Of an epoch after the first, checkpoint and validation included. */
  readonly seconds: number;
  /** Training samples of it. */
  readonly samples: number;
  readonly weightBytes: number;
};

/** Trains one network on a part of the probe for a few epochs, as a run does. */
async function timeEpoch(
  { features, bands, patch, labels, classes }: Probe,
  most: number,
  input: RoiInput,
  engine: Engine,
  signal: AbortSignal,
): Promise<TimedEpoch> {
  const { train, validation } = thinned(labels, most);
  const preset = presetNamed(input.preset);
  const { patience: _, ...settings } = preset.settings;
  const marks: number[] = [];
  const { members } = await fitClassifier({
    samples: { features, bands, patch, labels },
    train,
    validation,
    classes,
    preset: { ...preset, settings: { ...settings, members: 1, epochs: probeEpochs } },
    engine,
    folder: join(input.out, `checkpoints of ${most}`),
    signal,
    onEpoch: () => marks.push(performance.now()),
  });
  const epochs = marks.slice(1).map((mark, i) => (mark - marks[i]!) / 1000);
  const sizes = [...members[0]!.values()].map(({ values }) => values.byteLength);
  return {
    seconds: epochs.reduce((sum, seconds) => sum + seconds, 0) / epochs.length,
    samples: train.length,
    weightBytes: sizes.reduce((sum, size) => sum + size, 0),
  };
}

/** About `most` samples, of every class alike and at least four; every fourth validates, about as in a run. */
function thinned(
  labels: Int32Array,
  most: number,
): { readonly train: Int32Array; readonly validation: Int32Array } {
  const byClass = Map.groupBy(labels.keys(), (i) => labels[i]!);
  const each = Math.max(4, Math.ceil(most / byClass.size));
  const kept = [...byClass.values()].map((members) => {
    const step = Math.max(1, Math.floor(members.length / each));
    return members.filter((_, i) => i % step === 0);
  });
  const part = (validates: boolean): Int32Array =>
    Int32Array.from(
      kept.flatMap((members) => members.filter((_, i) => (i % 4 === 3) === validates)),
    );
  return { train: part(false), validation: part(true) };
}
