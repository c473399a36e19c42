import { createHash } from 'node:crypto';
import { AppError } from '../../../app/error.ts';
import { changeWeights } from '../../../app/learn/changeWeights.ts';
import { pairSplit } from '../../../app/learn/pairSplit.ts';
import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import { crossEntropyOf } from '../../../app/model/losses.ts';
import { tileLogits } from '../../../app/model/tileNetwork.ts';
import { createRandom } from '../../../app/random.ts';
import type { CourseBatch } from '../../engines/course.ts';
import { openPair, type ScenePair } from '../alignment/openPair.ts';
import {
  type CellSplit,
  type ChangeCells,
  cellUse,
  countCells,
  splitBlocks,
  splitPairs,
} from '../change/changeCells.ts';
import { type ChangeLabels, openChangeLabels } from '../change/changeLabels.ts';
import { type LabelledPair, PairTiles } from '../change/pairTiles.ts';
import { changeClasses, pairInputs, validateChange } from '../change/validateChange.ts';
import { oscdPairs } from '../datasets/oscd.ts';
import { unitsOfModel } from './modelUnits.ts';
import type { TaskSetting } from './taskSetting.ts';
import type { TileRequest, TileTask } from './tileTask.ts';

/** Two dates and where their change is known. */
export type ChangeSource = {
  readonly before: string;
  readonly after: string;
  readonly labels: string;
};

/** Tiles that the range of the bands is taken from. */
const scalingTiles = 96;

/** Change between pairs of scenes, learned from polygons or rasters of change or from a folder laid out as OSCD. */
export async function openChangeTask(setting: TaskSetting): Promise<TileTask> {
  const { start, imageSize, context, input } = setting;
  const sources =
    input.dataset === undefined ? givenPairs(setting) : await oscdPairs(input.dataset, 'train');
  const opened: { readonly pair: ScenePair; readonly labels: ChangeLabels }[] = [];
  const close = async (): Promise<void> => {
    for (const { pair, labels } of opened) {
      await labels.close();
      await pair.close();
    }
  };
  try {
    for (const source of sources)
      opened.push(await openLabelled(source, setting, opened[0]?.pair.bands ?? start?.bands));
    const pairs = await divided(opened, setting);
    const tiles = new PairTiles(pairs.labelled, imageSize);
    const scaling = start?.scaling ?? (await scalingOf(tiles, setting));
    const training = counted(pairs.labelled, cellUse.training);
    const validation = counted(pairs.labelled, cellUse.validation);
    const weights = changeWeights(
      input.changeWeights,
      training.changed / Math.max(1, training.changed + training.unchanged),
    );
    const { transform } = opened[0]!.pair.grid;
    return {
      kind: 'change',
      classes: changeClasses,
      bands: opened[0]!.pair.bands,
      scaling,
      resolution: transform === undefined ? undefined : Math.abs(transform[1]),
      files: opened.flatMap(({ pair }, i) => [
        ...pair.files.map(({ uri }) => ({ role: 'scene', uri })),
        { role: 'changes', uri: sources[i]!.labels },
      ]),
      samples: {
        training: training.changed + training.unchanged,
        validation: validation.changed + validation.unchanged,
      },
      split: {
        kind: input.split,
        settings: {
          ...pairs.split.settings,
          normalise: input.normalise,
          weights: [...weights],
          changedPixels: { training: training.changed, validation: validation.changed },
          pairs: opened.map(({ pair }, i) => ({ ...sources[i]!, findings: pair.findings })),
        },
      },
      tiles: undefined,
      fingerprint: fingerprintOf(pairs.labelled, sources),
      batch: (request) => batchOf({ tiles, scaling, weights }, request, setting),
      validate: (network, { config, plan }) =>
        validateChange(network, tiles.validation(plan.part, scaling, context.signal), config),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @throws AppError `usage` where dates and labels are not equally many */
function givenPairs({ input }: TaskSetting): ChangeSource[] {
  const { before, after, rois, scene } = input;
  const labels = rois === undefined ? [] : rois.split(',').map((one) => one.trim());
  const problem =
    before.length === 0 || after.length === 0
      ? `two dates: give --before and --after${scene.length > 0 ? ' instead of --scene' : ''}, or --dataset`
      : before.length !== after.length
        ? `as many scenes of each date; there are ${before.length} --before and ${after.length} --after`
        : labels.length === 0
          ? 'where change is known: give --rois with change polygons or a change raster'
          : labels.length !== 1 && labels.length !== before.length
            ? `one file of changes for all pairs, or one for each joined by commas; there are ${labels.length} for ${before.length} pairs`
            : undefined;
  if (problem !== undefined) throw new AppError('usage', `Training for change needs ${problem}.`);
  return before.map((one, i) => ({
    before: one,
    after: after[i]!,
    labels: labels.length === 1 ? labels[0]! : labels[i]!,
  }));
}

async function openLabelled(
  source: ChangeSource,
  { input, start, family, warn, context }: TaskSetting,
  bands: ScenePair['bands'] | undefined,
): Promise<{ readonly pair: ScenePair; readonly labels: ChangeLabels }> {
  const { signal } = context;
  const { resampling, normalise } = input;
  const units = unitsOfModel(start?.scaling);
  const options = { bands, units, family, resampling, normalise, warn, signal };
  const pair = await openPair(source, options);
  try {
    const labels = await openChangeLabels(source.labels, pair.grid, { ...input, warn, signal });
    return { pair, labels };
  } catch (error) {
    await pair.close();
    throw error;
  }
}

/** Labels counted and held back for validation as `--split` says. @throws AppError `usage`, `no-samples` */
async function divided(
  opened: readonly { readonly pair: ScenePair; readonly labels: ChangeLabels }[],
  { input, imageSize, context }: TaskSetting,
): Promise<{ readonly labelled: readonly LabelledPair[]; readonly split: CellSplit }> {
  const { split: kind, validation: fraction, splitSeed: seed = input.seed } = input;
  const byPair = pairSplit.exec(kind);
  if (kind !== 'block' && byPair === null)
    throw new AppError(
      'usage',
      `Change is split by --split block or by --split pair (whole pairs held back; pair:2 the second), not "${kind}": pixels drawn at random lie inside the tiles that are learned.`,
    );
  const cells: ChangeCells[] = [];
  for (const { pair, labels } of opened)
    cells.push(await countCells(labels, pair.grid, Math.max(8, imageSize / 2), context.signal));
  const split =
    byPair === null
      ? splitBlocks(cells, { fraction, seed })
      : splitPairs(cells, { fraction, seed }, byPair[1]?.split(',').map(Number));
  return {
    split,
    labelled: opened.map((one, i) => ({ ...one, cells: cells[i]!, uses: split.uses[i]! })),
  };
}

/** The published recipe stretches each tile by itself; ours keeps what is bright bright. */
async function scalingOf(
  tiles: PairTiles,
  { input, scaling, context }: TaskSetting,
): Promise<TileScaling> {
  if (input.preset === 'oscd') return { kind: 'min-max', epsilon: 1e-10 };
  return await tiles.scaling({ count: scalingTiles, kind: scaling }, input.seed, context.signal);
}

async function batchOf(
  parts: {
    readonly tiles: PairTiles;
    readonly scaling: TileScaling;
    readonly weights: Float32Array;
  },
  { config, plan, epoch, part }: TileRequest,
  { input: { seed }, context }: TaskSetting,
): Promise<CourseBatch> {
  const { tiles, scaling, weights } = parts;
  const options = { count: plan.part, augment: plan.augment, scaling };
  const batch = await tiles.random(options, seed, [epoch, part], context.signal);
  const random = createRandom(seed, 'network', epoch, part);
  return {
    count: batch.count,
    inputs: pairInputs(batch, config),
    objective: (ops, parameters, inputs) => {
      const logits = tileLogits(
        { ops, weights: parameters, config, random, recomputeBlocks: plan.recomputeBlocks },
        inputs.get('image')!,
        inputs.get('second'),
      );
      const rows = ops.reshape(logits, [batch.labels.length, config.classes]);
      return crossEntropyOf(ops, rows, batch.labels, weights);
    },
  };
}

function counted(
  pairs: readonly LabelledPair[],
  wanted: number,
): { readonly changed: number; readonly unchanged: number } {
  let [changed, unchanged] = [0, 0];
  for (const { cells, uses } of pairs)
    for (const [cell, use] of uses.entries()) {
      if (use !== wanted) continue;
      changed += cells.changed[cell]!;
      unchanged += cells.unchanged[cell]!;
    }
  return { changed, unchanged };
}

function fingerprintOf(pairs: readonly LabelledPair[], sources: readonly ChangeSource[]): string {
  const hash = createHash('sha256').update(JSON.stringify(sources));
  for (const { cells, uses } of pairs)
    for (const array of [cells.changed, cells.unchanged, uses])
      hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  return hash.digest('hex');
}
