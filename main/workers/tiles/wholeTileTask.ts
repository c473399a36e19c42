import { multiLabelFigures } from '../../../app/learn/averagePrecision.ts';
import { drawOrder } from '../../../app/learn/drawOrder.ts';
import { accuracyFigures, addToConfusion, createConfusion } from '../../../app/learn/metrics.ts';
import {
  drawCrop,
  drawLight,
  drawMixing,
  mixTile,
  softTarget,
} from '../../../app/learn/tileAugment.ts';
import type { Region } from '../../../app/learn/tileResize.ts';
import { scaleTile } from '../../../app/learn/tileScaling.ts';
import { multiLabelSoftMargin, softCrossEntropy } from '../../../app/model/losses.ts';
import { tileLogits } from '../../../app/model/tileNetwork.ts';
import { createRandom } from '../../../app/random.ts';
import type { CourseBatch } from '../../engines/course.ts';
import type { Network } from '../../engines/engine.ts';
import { defined } from '../defined.ts';
import { networkScores } from './networkScores.ts';
import type { TaskSetting } from './taskSetting.ts';
import { tilesPerEpoch } from './tilePlan.ts';
import { openTileSetData, type TileSetData, tileSetFacts } from './tileSetData.ts';
import type { TileRequest, TileScore, TileTask } from './tileTask.ts';
import { changeTile, drawsOf } from './trainingDraws.ts';

type WholeTileKind = 'scene' | 'multilabel';

/** Tiles of a data set that each have a class, or several labels. */
export async function openWholeTileTask(
  kind: WholeTileKind,
  setting: TaskSetting,
): Promise<TileTask> {
  const data = await openTileSetData(setting, kind);
  const { input, context } = setting;
  const order = drawOrder(data.split.training.length, input.seed);
  const { signal } = context;
  const draw: TileDrawer = async ({ config, plan }, number) => {
    const tile = data.split.training[order(number)]!;
    const region = plan.augment.includes('crop')
      ? drawCrop(createRandom(input.seed, 'crop', number))
      : undefined;
    const light = plan.augment.includes('light')
      ? drawLight(createRandom(input.seed, 'light', number))
      : undefined;
    const values = await scaledTile(data, tile, config.imageSize, { region, light, signal });
    changeTile({ values }, { config, plan }, input.seed, number);
    return { values, labels: data.set.tiles[tile]!.labels };
  };
  return {
    kind,
    ...tileSetFacts(data),
    tileSide: Math.max(data.facts.width, data.facts.height),
    batch: (request) =>
      batchOf(kind, request, draw, {
        seed: input.seed,
        tiles: tilesPerEpoch(input, request.plan, data.split.training.length),
      }),
    validate: (network, request) => validate(kind, network, data, request, signal),
    close: async () => undefined,
  };
}

type DrawnTile = { readonly values: Float32Array; readonly labels: readonly number[] };
type TileDrawer = (
  request: Pick<TileRequest, 'config' | 'plan'>,
  number: number,
) => Promise<DrawnTile>;

async function scaledTile(
  { store, scaling }: TileSetData,
  tile: number,
  side: number,
  {
    light,
    ...how
  }: {
    readonly region?: Region | undefined;
    readonly light?: number | undefined;
    readonly signal: AbortSignal;
  },
): Promise<Float32Array> {
  const { values, valid } = await store.whole(tile, side, how);
  scaleTile(values, valid, scaling, light);
  return values;
}

async function batchOf(
  kind: WholeTileKind,
  request: TileRequest,
  draw: TileDrawer,
  { seed, tiles }: { readonly seed: number; readonly tiles: number },
): Promise<CourseBatch> {
  const { config, plan, epoch, part } = request;
  const { classes, imageSize: side } = config;
  const { step, first, perStep, numbers } = drawsOf(request, tiles);
  const wanted = {
    mixup: plan.augment.includes('mixup'),
    cutmix: plan.augment.includes('cutmix'),
  };
  const mixing = drawMixing(wanted, side, createRandom(seed, 'mix', step));
  const drawn = await Promise.all(
    numbers.map(async (number) => {
      const tile = await draw(request, number);
      if (kind === 'multilabel') return { values: tile.values, target: manyHot(classes, tile) };
      const [label] = tile.labels as [number];
      const smoothing = plan.labelSmoothing;
      if (mixing === undefined)
        return { values: tile.values, target: softTarget(classes, label, { smoothing }) };
      // The partner is the tile as far from the end of the step as this one from its beginning.
      const partner = await draw(request, first + perStep - 1 - (number - first));
      mixTile(tile.values, partner.values, side, mixing);
      const mixed = { partner: partner.labels[0]!, share: mixing.share, smoothing };
      return { values: tile.values, target: softTarget(classes, label, mixed) };
    }),
  );
  const random = createRandom(seed, 'network', epoch, part);
  const count = drawn.length;
  return {
    count,
    inputs: new Map([
      [
        'image',
        {
          shape: [count, config.bands, side, side],
          values: joined(drawn.map(({ values }) => values)),
        },
      ],
      ['target', { shape: [count, classes], values: joined(drawn.map(({ target }) => target)) }],
    ]),
    objective: (ops, weights, inputs) => {
      const pass = { ops, weights, config, random, recomputeBlocks: plan.recomputeBlocks };
      const logits = tileLogits(pass, inputs.get('image')!);
      const loss = kind === 'scene' ? softCrossEntropy : multiLabelSoftMargin;
      return loss(ops, logits, inputs.get('target')!);
    },
  };
}

function manyHot(classes: number, { labels }: DrawnTile): Float32Array {
  const target = new Float32Array(classes);
  for (const label of labels) target[label] = 1;
  return target;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const size = parts[0]!.length;
  const all = new Float32Array(parts.length * size);
  for (const [i, part] of parts.entries()) all.set(part, i * size);
  return all;
}

async function validate(
  kind: WholeTileKind,
  network: Pick<Network, 'evaluate'>,
  data: TileSetData,
  { config, plan }: Pick<TileRequest, 'config' | 'plan'>,
  signal: AbortSignal,
): Promise<TileScore> {
  const { split, set } = data;
  const scores = new Float32Array(split.validation.length * config.classes);
  for (let from = 0; from < split.validation.length; from += plan.part) {
    signal.throwIfAborted();
    const tiles = await Promise.all(
      split.validation
        .slice(from, from + plan.part)
        .map((tile) => scaledTile(data, tile, config.imageSize, { signal })),
    );
    scores.set(
      networkScores({ network, config, flips: false }, [joined(tiles)]),
      from * config.classes,
    );
  }
  const truth = split.validation.map((tile) => set.tiles[tile]!.labels);
  return kind === 'scene'
    ? sceneScore(scores, truth, set.classes)
    : labelScore(scores, truth, set.classes);
}

function sceneScore(
  scores: Float32Array,
  truth: readonly (readonly number[])[],
  classes: TileSetData['set']['classes'],
): TileScore {
  const confusion = createConfusion(classes.length);
  let loss = 0;
  const predicted = truth.map(([label], i) => {
    const row = scores.subarray(i * classes.length, (i + 1) * classes.length);
    loss -= Math.log(Math.max(row[label!]!, 1e-12));
    return row.indexOf(Math.max(...row)) + 1;
  });
  addToConfusion(
    confusion,
    truth.map(([label]) => label! + 1),
    predicted,
  );
  const { oa, aa, kappa, f1, perClass } = accuracyFigures(confusion);
  return {
    // Overall accuracy, and among equals the surer one.
    score: (oa ?? 0) - (1e-6 * loss) / truth.length,
    figures: defined({ loss: loss / truth.length, OA: oa, AA: aa }),
    accuracy: defined({ oa, aa, kappa, f1 }),
    perClass: perClass.map(({ producers, users, f1: score, iou, support }, i) => ({
      name: classes[i]!.name,
      support,
      ...defined({ producers, users, f1: score, iou }),
    })),
  };
}

function labelScore(
  scores: Float32Array,
  labels: readonly (readonly number[])[],
  classes: TileSetData['set']['classes'],
): TileScore {
  const truth = new Uint8Array(scores.length);
  for (const [i, own] of labels.entries())
    for (const label of own) truth[i * classes.length + label] = 1;
  const { mapMacro, mapMicro, f1Macro, f1Micro, perLabel } = multiLabelFigures(
    scores,
    truth,
    classes.length,
  );
  return {
    score: mapMacro ?? 0,
    figures: defined({ 'mAP macro': mapMacro, 'mAP micro': mapMicro, 'F1 micro': f1Micro }),
    accuracy: defined({ mapMacro, mapMicro, f1: f1Macro, f1Micro }),
    perClass: perLabel.map(({ recall, precision, f1, averagePrecision, support }, i) => ({
      name: classes[i]!.name,
      support,
      ...defined({ producers: recall, users: precision, f1, averagePrecision }),
    })),
  };
}
