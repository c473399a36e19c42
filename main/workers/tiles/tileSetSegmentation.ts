import { AppError } from '../../../app/error.ts';
import { drawOrder } from '../../../app/learn/drawOrder.ts';
import { drawLight } from '../../../app/learn/tileAugment.ts';
import { scaleTile } from '../../../app/learn/tileScaling.ts';
import { crossEntropyOf } from '../../../app/model/losses.ts';
import { tileLogits } from '../../../app/model/tileNetwork.ts';
import { createRandom } from '../../../app/random.ts';
import type { CourseBatch } from '../../engines/course.ts';
import { cutMask, type Mask, type MaskStore, readMasks } from '../datasets/maskStore.ts';
import { someOf } from '../datasets/tileSet.ts';
import type { LabelledBatch } from './labelledTiles.ts';
import type { TaskSetting } from './taskSetting.ts';
import { tilesPerEpoch } from './tilePlan.ts';
import { openTileSetData, type TileSetData, tileSetFacts } from './tileSetData.ts';
import type { TileRequest, TileTask } from './tileTask.ts';
import { changeTile, drawsOf } from './trainingDraws.ts';
import { validateTiles } from './validateTiles.ts';

type Square = { readonly x: number; readonly y: number; readonly side: number };

/**
 * Segmentation of tiles with a label raster each. Pixels keep their size: of a larger tile a random square is taken in
 * training and all of them in validation; a smaller one is surrounded by pixels without data and label.
 */
export async function openTileSetSegmentation(setting: TaskSetting): Promise<TileTask> {
  const data = await openTileSetData(setting, 'segmentation');
  const { input, context } = setting;
  const { signal } = context;
  const labels = await readMasks(data.set, context);
  checkSizes(data, labels);
  const order = drawOrder(data.split.training.length, input.seed);
  const tile = (number: number): number => data.split.training[order(number)]!;
  const counted = (tiles: readonly number[]): number =>
    tiles.reduce((sum, one) => sum + labelled(labels.masks[one]!), 0);
  return {
    kind: 'segmentation',
    ...tileSetFacts(data),
    classes: labels.classes,
    samples: {
      training: counted(data.split.training),
      validation: counted(data.split.validation),
    },
    batch: async (request) => {
      const { config, plan, epoch, part } = request;
      const { numbers } = drawsOf(request, tilesPerEpoch(input, plan, data.split.training.length));
      const drawn = await Promise.all(
        numbers.map(async (number) => {
          const index = tile(number);
          const square = randomSquare(
            labels.masks[index]!,
            config.imageSize,
            createRandom(input.seed, 'square', number),
          );
          const light = plan.augment.includes('light')
            ? drawLight(createRandom(input.seed, 'light', number))
            : undefined;
          const cut = await cutOut(data, labels, { tile: index, square, light }, signal);
          changeTile(cut, request, input.seed, number);
          return cut;
        }),
      );
      return objectiveOf(joined(drawn), request, createRandom(input.seed, 'network', epoch, part));
    },
    validate: (network, { config, plan }) =>
      validateTiles(
        network,
        { all: (count) => allSquares(data, labels, config.imageSize, { count, signal }) },
        { config, classes: labels.classes, batch: plan.part, signal },
      ),
    close: async () => undefined,
  };
}

const labelled = ({ labels }: Mask): number =>
  labels.reduce((sum, label) => sum + (label === 255 ? 0 : 1), 0);

function objectiveOf(
  { values, labels, count }: LabelledBatch,
  { config, plan }: TileRequest,
  random: ReturnType<typeof createRandom>,
): CourseBatch {
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

/** @throws AppError `bad-labels` where a label raster and its tile differ in size */
function checkSizes({ set, facts }: TileSetData, { masks }: MaskStore): void {
  const { width, height } = facts;
  const wrong = facts.sizes.flatMap((size, i) =>
    masks[i]!.width === size.width && masks[i]!.height === size.height ? [] : [set.tiles[i]!.name],
  );
  if (wrong.length === 0) return;
  throw new AppError(
    'bad-labels',
    `${wrong.length} label rasters are not of the size of their tiles (${width} × ${height} the first): ${someOf(wrong)}. Cut them alike.`,
    { found: wrong.slice(0, 20), count: wrong.length },
  );
}

/** A random place of the square in a larger tile; a smaller tile comes to its middle. */
function randomSquare(
  { width, height }: Mask,
  side: number,
  random: ReturnType<typeof createRandom>,
): Square {
  const start = (size: number): number =>
    size > side ? random.integer(size - side + 1) : Math.floor((size - side) / 2);
  return { x: start(width), y: start(height), side };
}

async function cutOut(
  { store, scaling }: TileSetData,
  { masks }: MaskStore,
  {
    tile,
    square,
    light,
  }: { readonly tile: number; readonly square: Square; readonly light?: number | undefined },
  signal: AbortSignal,
): Promise<{ values: Float32Array; labels: Int32Array }> {
  const { values, valid } = await store.cut(tile, square, signal);
  scaleTile(values, valid, scaling, light);
  return { values, labels: cutMask(masks[tile]!, square) };
}

async function* allSquares(
  data: TileSetData,
  labels: MaskStore,
  side: number,
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): AsyncGenerator<LabelledBatch> {
  let cuts: { values: Float32Array; labels: Int32Array }[] = [];
  for (const tile of data.split.validation) {
    const { width, height } = labels.masks[tile]!;
    for (let y = 0; y < height; y += side)
      for (let x = 0; x < width; x += side) {
        signal.throwIfAborted();
        const square = {
          x: width < side ? Math.floor((width - side) / 2) : x,
          y: height < side ? Math.floor((height - side) / 2) : y,
          side,
        };
        cuts.push(await cutOut(data, labels, { tile, square }, signal));
        if (cuts.length < count) continue;
        yield joined(cuts);
        cuts = [];
      }
  }
  if (cuts.length > 0) yield joined(cuts);
}

function joined(
  cuts: readonly { readonly values: Float32Array; readonly labels: Int32Array }[],
): LabelledBatch {
  const [size, pixels] = [cuts[0]!.values.length, cuts[0]!.labels.length];
  const values = new Float32Array(cuts.length * size);
  const labels = new Int32Array(cuts.length * pixels);
  for (const [i, cut] of cuts.entries()) {
    values.set(cut.values, i * size);
    labels.set(cut.labels, i * pixels);
  }
  return { values, labels, count: cuts.length };
}
