import type { TileAugmentation } from '../../../app/learn/fineTuning.ts';
import { applySymmetry, turnTile } from '../../../app/learn/squareSymmetry.ts';
import { drawLight } from '../../../app/learn/tileAugment.ts';
import {
  BandMoments,
  type LearnedScaling,
  scaleTile,
  type TileScaling,
} from '../../../app/learn/tileScaling.ts';
import { createRandom, type Random } from '../../../app/random.ts';
import type { ScenePair } from '../alignment/openPair.ts';
import { readTile, type Tile } from '../tiles/readTile.ts';
import { type ChangeCells, cellUse, maskUse } from './changeCells.ts';
import { type ChangeLabels, changeValues } from './changeLabels.ts';

/** One pair with its labels, and what each of its cells is for. */
export type LabelledPair = {
  readonly pair: ScenePair;
  readonly labels: ChangeLabels;
  readonly cells: ChangeCells;
  readonly uses: Uint8Array;
};

/** Tiles of two dates with the class of each pixel; −1 = not labelled. */
export type PairBatch = {
  /** (count, bands, side, side), scaled. */
  readonly before: Float32Array;
  readonly after: Float32Array;
  /** (count, side, side) */
  readonly labels: Int32Array;
  readonly count: number;
};

type PairTile = {
  readonly before: Float32Array;
  readonly after: Float32Array;
  readonly labels: Int32Array;
};

/** Reads a square of both dates; valid is where both have data. */
export async function readPairTile(
  { before, after }: Pick<ScenePair, 'before' | 'after'>,
  square: { readonly x: number; readonly y: number; readonly side: number },
  signal: AbortSignal,
): Promise<{ readonly before: Tile; readonly after: Tile; readonly valid: Uint8Array }> {
  const [first, second] = await Promise.all(
    [before, after].map(({ source, bands }) => readTile(source, bands, square, signal)),
  );
  const valid = first!.valid.map((one, i) => one & second!.valid[i]!);
  return { before: first!, after: second!, valid };
}

/** Most tiles that one validation looks at: more would take longer than an epoch, and change its figures little. */
const mostValidationTiles = 512;
/** Share of the tiles that are drawn where change is. */
const changeShare = 0.5;

/** Where to draw tiles: cells by running sums of their weights. */
type Draw = {
  readonly cells: readonly (readonly [pair: number, cell: number])[];
  readonly sums: Float64Array;
};

/** Tiles about labelled pixels of one or several pairs. */
export class PairTiles {
  readonly #pairs: readonly LabelledPair[];
  readonly #side: number;
  readonly #changed: Draw;
  readonly #any: Draw;

  constructor(pairs: readonly LabelledPair[], side: number) {
    this.#pairs = pairs;
    this.#side = side;
    this.#changed = drawOf(pairs, ({ changed }, cell) => changed[cell]!);
    this.#any = drawOf(pairs, ({ changed, unchanged }, cell) => changed[cell]! + unchanged[cell]!);
  }

  /** Range of the bands over training tiles of both dates together, so that light that differs stays different. */
  async scaling(
    { count, kind }: { readonly count: number; readonly kind: LearnedScaling },
    seed: number,
    signal: AbortSignal,
  ): Promise<TileScaling> {
    const moments = new BandMoments(this.#pairs[0]!.pair.bands.length, kind === 'whitened');
    for (let i = 0; i < count; i++) {
      const random = createRandom(seed, 'pair scaling', i);
      const place = this.#place(this.#any, random);
      const tile = await readPairTile(this.#pairs[place.pair]!.pair, place, signal);
      moments.add(tile.before.values, tile.valid);
      moments.add(tile.after.values, tile.valid);
    }
    return moments.scaling(kind);
  }

  /** Tiles drawn at random, half of them where change is, changed as `augment` says; `key` names the batch. */
  async random(
    options: {
      readonly count: number;
      readonly augment: readonly TileAugmentation[];
      readonly scaling: TileScaling;
    },
    seed: number,
    key: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<PairBatch> {
    const tiles: PairTile[] = [];
    for (let i = 0; i < options.count; i++) {
      const random = createRandom(seed, 'pair tile', ...key, i);
      const draw = random.uniform() < changeShare ? this.#changed : this.#any;
      const place = this.#place(draw, random);
      const symmetry = options.augment.includes('flips') ? random.integer(8) : 0;
      // Each date in a light of its own: what differs in light only has not changed.
      const lights: Lights = options.augment.includes('light')
        ? [drawLight(random), drawLight(random)]
        : [1, 1];
      const reading = { use: cellUse.training, scaling: options.scaling, lights };
      const tile = await this.#tile(place, reading, signal);
      turnTile(tile.before, this.#side, symmetry);
      turnTile(tile.after, this.#side, symmetry);
      applySymmetry(tile.labels, this.#side, symmetry);
      tiles.push(tile);
    }
    return join(tiles);
  }

  /** Validation pixels once each, in tiles of a regular grid, `count` at a time; of very many tiles some, evenly spread. */
  async *validation(
    count: number,
    scaling: TileScaling,
    signal: AbortSignal,
  ): AsyncGenerator<PairBatch> {
    const all = this.#validationPlaces();
    const every = Math.max(1, all.length / mostValidationTiles);
    const reading: Reading = { use: cellUse.validation, scaling, lights: [1, 1] };
    let tiles: PairTile[] = [];
    for (let i = 0; Math.floor(i) < all.length; i += every) {
      tiles.push(await this.#tile(all[Math.floor(i)]!, reading, signal));
      if (tiles.length < count) continue;
      yield join(tiles);
      tiles = [];
    }
    if (tiles.length > 0) yield join(tiles);
  }

  #validationPlaces(): Place[] {
    const side = this.#side;
    return this.#pairs.flatMap(({ cells, uses }, pair) => {
      const corners = new Map<string, Place>();
      for (const [cell, use] of uses.entries()) {
        if (use !== cellUse.validation || cells.changed[cell]! + cells.unchanged[cell]! === 0)
          continue;
        const first = (index: number): number => Math.floor((index * cells.size) / side) * side;
        const last = (index: number): number =>
          Math.floor(((index + 1) * cells.size - 1) / side) * side;
        const [column, row] = [cell % cells.columns, Math.floor(cell / cells.columns)];
        for (const x of new Set([first(column), last(column)]))
          for (const y of new Set([first(row), last(row)]))
            corners.set(`${x} ${y}`, { pair, x, y, side });
      }
      return [...corners.values()];
    });
  }

  /** A tile that holds a pixel of a drawn cell, inside the scene where that is large enough. */
  #place({ cells, sums }: Draw, random: Random): Place {
    const at = random.uniform() * sums.at(-1)!;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! > at) high = middle;
      else low = middle + 1;
    }
    const [pair, cell] = cells[low]!;
    const { cells: grid, pair: scenes } = this.#pairs[pair]!;
    const side = this.#side;
    const along = (index: number, length: number): number => {
      const pixel = index * grid.size + random.integer(grid.size);
      const corner = pixel - random.integer(side);
      return Math.max(0, Math.min(corner, length - side));
    };
    const x = along(cell % grid.columns, scenes.grid.width);
    return { pair, x, y: along(Math.floor(cell / grid.columns), scenes.grid.height), side };
  }

  async #tile(
    { pair, ...square }: Place,
    { use, scaling, lights }: Reading,
    signal: AbortSignal,
  ): Promise<PairTile> {
    const { pair: scenes, labels, cells, uses } = this.#pairs[pair]!;
    const { before, after, valid } = await readPairTile(scenes, square, signal);
    scaleTile(before.values, valid, scaling, lights[0]);
    scaleTile(after.values, valid, scaling, lights[1]);
    const window = { x: square.x, y: square.y, width: square.side, height: square.side };
    const known = await labels.read(window);
    maskUse(known, window, cells, uses, use);
    return {
      before: before.values,
      after: after.values,
      labels: Int32Array.from(known, (value, i) =>
        value === changeValues.unlabelled || valid[i] === 0 ? -1 : value,
      ),
    };
  }
}

/** Of the earlier and the later date. */
type Lights = readonly [before: number, after: number];

/** Which pixels of a tile count, and how its values are shown. */
type Reading = {
  readonly use: number;
  readonly scaling: TileScaling;
  readonly lights: Lights;
};

type Place = {
  readonly pair: number;
  readonly x: number;
  readonly y: number;
  readonly side: number;
};

function drawOf(
  pairs: readonly LabelledPair[],
  weight: (cells: ChangeCells, cell: number) => number,
): Draw {
  const cells: (readonly [number, number])[] = [];
  const sums: number[] = [];
  let sum = 0;
  for (const [pair, { cells: own, uses }] of pairs.entries())
    for (const [cell, use] of uses.entries()) {
      const share = use === cellUse.training ? weight(own, cell) : 0;
      if (share === 0) continue;
      sum += share;
      cells.push([pair, cell]);
      sums.push(sum);
    }
  return { cells, sums: Float64Array.from(sums) };
}

function join(tiles: readonly PairTile[]): PairBatch {
  const [size, pixels] = [tiles[0]!.before.length, tiles[0]!.labels.length];
  const before = new Float32Array(tiles.length * size);
  const after = new Float32Array(tiles.length * size);
  const labels = new Int32Array(tiles.length * pixels);
  for (const [i, tile] of tiles.entries()) {
    before.set(tile.before, i * size);
    after.set(tile.after, i * size);
    labels.set(tile.labels, i * pixels);
  }
  return { before, after, labels, count: tiles.length };
}
