import { createHash } from 'node:crypto';
import { AppError } from '../../../app/error.ts';
import {
  BandMoments,
  type LearnedScaling,
  type TileScaling,
} from '../../../app/learn/tileScaling.ts';
import { createRandom } from '../../../app/random.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import type { Band } from '../../../app/raster/scene.ts';
import { inspectTiles, type TileFacts } from '../datasets/inspectTiles.ts';
import { openTileSet } from '../datasets/openTileSet.ts';
import { splitTiles, type TileSplit } from '../datasets/splitTiles.ts';
import type { TileSet, TileSetTask } from '../datasets/tileSet.ts';
import { TileStore } from '../datasets/tileStore.ts';
import { lookOf, scaledBands, unitFactor, unitsOfModel, type ValueLook } from './modelUnits.ts';
import type { TaskSetting } from './taskSetting.ts';
import { bandsForModel, bandsInScene } from './tileBands.ts';
import type { TileTask } from './tileTask.ts';

/** A data set, divided, with the bands and scaling that the model takes. */
export type TileSetData = {
  readonly set: TileSet;
  readonly facts: TileFacts;
  readonly split: TileSplit;
  readonly bands: readonly WantedBand[];
  readonly scaling: TileScaling;
  readonly store: TileStore;
};

/** Training tiles that the scaling is learned from: enough for means, few enough to be read in seconds. */
const scalingTiles = 1000;
/** Training tiles that the unit of the values is told from, and pixels a side of each. */
const [unitTiles, unitSide] = [32, 16];
/** Up to so many tiles are named and hashed one by one in the record. */
const namedTiles = 500;

/** Opens the data set that `--dataset` names. @throws AppError where it is not there or not what the task needs */
export async function openTileSetData(
  { input, start, family, imageSize, scaling: kind, warn, context }: TaskSetting,
  task: TileSetTask,
): Promise<TileSetData> {
  const root = input.dataset;
  if (root === undefined)
    throw new AppError(
      'usage',
      `Training for ${task} needs a data set of labelled tiles: give --dataset FOLDER.`,
    );
  const set = await openTileSet(root, input.layout, task);
  set.warnings.forEach(warn);
  const facts = await inspectTiles(set, context);
  const split = await splitTiles(set.tiles, facts.places, {
    how: input.split,
    validation: input.validation,
    seed: input.splitSeed ?? input.seed,
  });
  split.warnings.forEach(warn);
  const bands =
    start?.bands ?? bandsForModel({ bands: withoutSkipped(facts.bands, input) }, family);
  const indices = bandsInScene(bands, { bands: facts.bands, uri: root }, warn);
  const stored = new TileStore(set.tiles, facts.bands, indices);
  const units = unitsOfModel(start?.scaling);
  const factor =
    units === undefined
      ? 1
      : unitFactor(await lookAtTiles(stored, split, bands.length), units, (words) =>
          warn(`${root}: ${words}`),
        );
  const store =
    factor === 1 ? stored : new TileStore(set.tiles, scaledBands(facts.bands, factor), indices);
  const scaling =
    start?.scaling ??
    (await learnScaling(
      { store, split, bands: bands.length, imageSize },
      { seed: input.seed, kind },
      (done) =>
        context.emit({
          kind: 'progress',
          stage: 'scaling',
          done,
          total: Math.min(scalingTiles, split.training.length),
        }),
    ));
  return { set, facts, split, bands, scaling, store };
}

/** What some of the training tiles hold. */
async function lookAtTiles(
  store: TileStore,
  { training }: TileSplit,
  bands: number,
): Promise<ValueLook> {
  const step = Math.ceil(training.length / unitTiles);
  const some = training.filter((_, i) => i % step === 0);
  return lookOf(await Promise.all(some.map((tile) => store.whole(tile, unitSide))), bands);
}

function withoutSkipped(
  bands: readonly Band[],
  { skipBands }: TaskSetting['input'],
): readonly Band[] {
  const skipped = skipBands.filter((name) => name !== 'auto').map((name) => name.toLowerCase());
  const unknown = skipped.filter((name) => !bands.some((band) => band.name.toLowerCase() === name));
  if (unknown.length > 0)
    throw new AppError(
      'usage',
      `The tiles have no band ${unknown.join(', ')}; theirs are ${bands.map(({ name }) => name).join(', ')}. Correct --skip-bands.`,
    );
  return bands.filter(({ name }) => !skipped.includes(name.toLowerCase()));
}

async function learnScaling(
  {
    store,
    split,
    bands,
    imageSize,
  }: Pick<TileSetData, 'store' | 'split'> & {
    readonly bands: number;
    readonly imageSize: number;
  },
  { seed, kind }: { readonly seed: number; readonly kind: LearnedScaling },
  onDone: (done: number) => void,
): Promise<TileScaling> {
  const order = createRandom(seed, 'scaling')
    .shuffle([...split.training])
    .slice(0, scalingTiles);
  const moments = new BandMoments(bands, kind === 'whitened');
  for (const [i, tile] of order.entries()) {
    const { values, valid } = await store.whole(tile, imageSize);
    moments.add(values, valid);
    if (i % 32 === 31) onDone(i + 1);
  }
  return moments.scaling(kind);
}

/** What every task on a data set says of itself. */
export function tileSetFacts({
  set,
  facts,
  split,
  bands,
  scaling,
}: TileSetData): Pick<
  TileTask,
  'classes' | 'bands' | 'scaling' | 'resolution' | 'files' | 'split' | 'tiles' | 'fingerprint'
> & { readonly samples: TileTask['samples'] } {
  const { tiles, tables, layout } = set;
  const digest = createHash('sha256')
    .update(JSON.stringify(tiles.map(({ name, labels, part }) => [name, labels, part ?? ''])))
    .update(JSON.stringify([split.training, split.validation]))
    .digest('hex');
  const each = tiles.length > namedTiles ? [] : tiles;
  return {
    classes: set.classes,
    bands,
    scaling,
    resolution: facts.resolution,
    files: [
      ...each.flatMap(({ files }) => files.map((uri) => ({ role: 'scene', uri }))),
      ...each.flatMap(({ mask }) => (mask === undefined ? [] : [{ role: 'labels', uri: mask }])),
      ...tables.map((uri) => ({ role: 'labels', uri })),
    ],
    samples: { training: split.training.length, validation: split.validation.length },
    split: {
      kind: split.kind,
      settings: { ...split.settings, layout, tiles: tiles.length, index: digest },
    },
    tiles: split.training.length,
    fingerprint: digest,
  };
}
