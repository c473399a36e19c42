import { createHash } from 'node:crypto';
import { AppError } from '../../../app/error.ts';
import type { Split } from '../../../app/learn/split.ts';
import {
  BandMoments,
  type LearnedScaling,
  type TileScaling,
} from '../../../app/learn/tileScaling.ts';
import { crossEntropyOf } from '../../../app/model/losses.ts';
import { tileLogits } from '../../../app/model/tileNetwork.ts';
import { createRandom } from '../../../app/random.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { CourseBatch } from '../../engines/course.ts';
import { requireRois } from '../roiInput.ts';
import { collectTrainingData, type TrainingData } from '../trainingData.ts';
import { splitSamples } from '../trainingSplit.ts';
import { LabelledTiles } from './labelledTiles.ts';
import { unitsOfModel } from './modelUnits.ts';
import { openScenes } from './scenePixels.ts';
import type { TaskSetting } from './taskSetting.ts';
import { bandsForModel } from './tileBands.ts';
import type { TileRequest, TileTask } from './tileTask.ts';
import { validateTiles } from './validateTiles.ts';

/** Segmentation of scenes with ROIs: tiles around labelled pixels; pixels without a label do not count. */
export async function openSegmentationTask(setting: TaskSetting): Promise<TileTask> {
  const { start, imageSize, warn, context } = setting;
  const input = requireRois(setting.input);
  const data = await collectTrainingData(input, warn, context);
  const split = await splitSamples(data, input);
  split.warnings.forEach(warn);
  const bands = start?.bands ?? bandsForModel(data.scenes[0]!, setting.family);
  const scaling = start?.scaling ?? scalingOf(data, split, bands, setting.scaling);
  const scenes = await openScenes(data, bands, unitsOfModel(start?.scaling), warn);
  const options = { classes: data.classes.length, side: imageSize, scaling };
  const training = new LabelledTiles(scenes.pixels(split.train), options);
  const validation = new LabelledTiles(scenes.pixels(split.validation), options);
  const { transform } = data.scenes[0]!.grid;
  return {
    kind: 'segmentation',
    classes: data.classes,
    bands,
    scaling,
    resolution: transform === undefined ? undefined : Math.abs(transform[1]),
    files: [
      ...data.scenes.flatMap(({ files }) => files.map((uri) => ({ role: 'scene', uri }))),
      { role: 'ROIs', uri: input.rois },
    ],
    samples: { training: split.train.length, validation: split.validation.length },
    split: { kind: split.kind, settings: { ...split.settings } },
    tiles: undefined,
    fingerprint: fingerprintOf(data),
    batch: (request) => batchOf(training, request, input.seed, context.signal),
    validate: (network, { config, plan }) =>
      validateTiles(network, validation, {
        config,
        classes: data.classes,
        batch: plan.part,
        signal: context.signal,
      }),
    close: () => scenes.close(),
  };
}

async function batchOf(
  training: LabelledTiles,
  { config, plan, epoch, part }: TileRequest,
  seed: number,
  signal: AbortSignal,
): Promise<CourseBatch> {
  const tiles = await training.random(
    { count: plan.part, augment: plan.augment },
    seed,
    [epoch, part],
    signal,
  );
  const { values, labels, count } = tiles;
  const random = createRandom(seed, 'network', epoch, part);
  const shape = [count, config.bands, config.imageSize, config.imageSize];
  return {
    count,
    inputs: new Map([['image', { shape, values }]]),
    objective: (ops, weights, inputs) => {
      const pass = { ops, weights, config, random, recomputeBlocks: plan.recomputeBlocks };
      const logits = tileLogits(pass, inputs.get('image')!);
      return crossEntropyOf(ops, ops.reshape(logits, [labels.length, config.classes]), labels);
    },
  };
}

/** Range of the bands over the training pixels. */
function scalingOf(
  { features, bands: read }: TrainingData,
  { train }: Split,
  bands: readonly WantedBand[],
  kind: LearnedScaling,
): TileScaling {
  const columns = bands.map(({ name }) => read.findIndex((band) => band.name === name));
  const empty = bands.find((_, i) => columns[i]! < 0);
  if (empty !== undefined)
    throw new AppError(
      'bad-values',
      `Band ${empty.name} carries no information inside the ROIs, or was left out; SpectralGPT needs all of its bands. Choose another scene, or --model spectralmamba.`,
      { band: empty.name },
    );
  const moments = new BandMoments(bands.length, kind === 'whitened');
  const values = new Float32Array(bands.length * train.length);
  for (const [i, sample] of train.entries())
    for (const [band, column] of columns.entries())
      values[band * train.length + i] = features[sample * read.length + column]!;
  moments.add(values, new Uint8Array(train.length).fill(1));
  return moments.scaling(kind);
}

function fingerprintOf({ pixels, scenes }: TrainingData): string {
  const hash = createHash('sha256');
  for (const array of [pixels.x, pixels.y, pixels.classIndex])
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  hash.update(JSON.stringify(scenes.map(({ uri }) => uri)));
  return hash.digest('hex');
}
