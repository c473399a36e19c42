import type { TileAugmentation } from '../../../app/learn/fineTuning.ts';
import { pasteLabelled } from '../../../app/learn/pasteLabelled.ts';
import { applySymmetry, turnTile } from '../../../app/learn/squareSymmetry.ts';
import { drawLight } from '../../../app/learn/tileAugment.ts';
import { scaleTile, type TileScaling } from '../../../app/learn/tileScaling.ts';
import { createRandom } from '../../../app/random.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { readTile } from './readTile.ts';

/** Pixels of one scene with a class, in the scene's own coordinates. */
export type ScenePixels = {
  readonly source: SceneSource;
  /** Of the scene, in the order of the model. */
  readonly bands: readonly number[];
  readonly x: Int32Array;
  readonly y: Int32Array;
  readonly classIndex: Uint8Array;
};

/** Tiles with the class of each pixel; −1 = not labelled. */
export type LabelledBatch = {
  /** (count, bands, side, side), scaled. */
  readonly values: Float32Array;
  /** (count, side, side) */
  readonly labels: Int32Array;
  readonly count: number;
};

/** Tiles around labelled pixels of one or several scenes. */
export class LabelledTiles {
  readonly #scenes: readonly ScenePixels[];
  readonly #side: number;
  readonly #scaling: TileScaling;
  /** By scene: class of a pixel by its number in the scene. */
  readonly #labels: readonly ReadonlyMap<number, number>[];
  /** Pixels by class: scene and index. */
  readonly #byClass: readonly (readonly (readonly [scene: number, pixel: number])[])[];

  constructor(
    scenes: readonly ScenePixels[],
    options: { readonly classes: number; readonly side: number; readonly scaling: TileScaling },
  ) {
    this.#scenes = scenes;
    this.#side = options.side;
    this.#scaling = options.scaling;
    this.#labels = scenes.map(({ source, x, y, classIndex }) => {
      const { width } = source.description.grid;
      return new Map(Array.from(classIndex, (one, i) => [y[i]! * width + x[i]!, one]));
    });
    const byClass = Array.from({ length: options.classes }, () => [] as [number, number][]);
    for (const [scene, { classIndex }] of scenes.entries())
      for (const [pixel, one] of classIndex.entries()) byClass[one]!.push([scene, pixel]);
    this.#byClass = byClass.filter((pixels) => pixels.length > 0);
  }

  /**
   * Tiles that each hold a pixel of a class drawn at random, changed as `augment` says; `key` names the batch.
   */
  async random(
    { count, augment }: { readonly count: number; readonly augment: readonly TileAugmentation[] },
    seed: number,
    key: readonly (string | number)[],
    signal: AbortSignal,
  ): Promise<LabelledBatch> {
    const tiles: { values: Float32Array; labels: Int32Array }[] = [];
    for (let i = 0; i < count; i++) {
      const random = createRandom(seed, 'tile', ...key, i);
      const pixels = this.#byClass[random.integer(this.#byClass.length)]!;
      const [scene, pixel] = pixels[random.integer(pixels.length)]!;
      const { x, y } = this.#scenes[scene]!;
      const corner = {
        x: x[pixel]! - random.integer(this.#side),
        y: y[pixel]! - random.integer(this.#side),
      };
      const symmetry = augment.includes('flips') ? random.integer(8) : 0;
      const light = augment.includes('light') ? drawLight(random) : 1;
      const tile = await this.#tile(scene, corner, signal, light);
      turnTile(tile.values, this.#side, symmetry);
      applySymmetry(tile.labels, this.#side, symmetry);
      tiles.push(tile);
    }
    if (augment.includes('paste'))
      pasteLabelled(tiles, this.#side, createRandom(seed, 'paste', ...key));
    return join(tiles);
  }

  /** Every labelled pixel once: tiles of a regular grid, `count` at a time. */
  async *all(count: number, signal: AbortSignal): AsyncGenerator<LabelledBatch> {
    let tiles: { values: Float32Array; labels: Int32Array }[] = [];
    for (const [scene, { x, y }] of this.#scenes.entries()) {
      const corners = new Map<string, { x: number; y: number }>();
      for (let i = 0; i < x.length; i++) {
        const corner = { x: this.#gridLine(x[i]!), y: this.#gridLine(y[i]!) };
        corners.set(`${corner.x} ${corner.y}`, corner);
      }
      for (const corner of corners.values()) {
        tiles.push(await this.#tile(scene, corner, signal));
        if (tiles.length < count) continue;
        yield join(tiles);
        tiles = [];
      }
    }
    if (tiles.length > 0) yield join(tiles);
  }

  #gridLine(position: number): number {
    return Math.floor(position / this.#side) * this.#side;
  }

  async #tile(
    scene: number,
    corner: { readonly x: number; readonly y: number },
    signal: AbortSignal,
    light?: number,
  ): Promise<{ values: Float32Array; labels: Int32Array }> {
    const side = this.#side;
    const { source, bands } = this.#scenes[scene]!;
    const { values, valid } = await readTile(source, bands, { ...corner, side }, signal);
    scaleTile(values, valid, this.#scaling, light);
    const { width, height } = source.description.grid;
    const known = this.#labels[scene]!;
    const labels = new Int32Array(side * side).fill(-1);
    for (let i = 0; i < labels.length; i++) {
      const [x, y] = [corner.x + (i % side), corner.y + Math.floor(i / side)];
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      labels[i] = known.get(y * width + x) ?? -1;
    }
    return { values, labels };
  }
}

function join(
  tiles: readonly { readonly values: Float32Array; readonly labels: Int32Array }[],
): LabelledBatch {
  const [size, pixels] = [tiles[0]!.values.length, tiles[0]!.labels.length];
  const values = new Float32Array(tiles.length * size);
  const labels = new Int32Array(tiles.length * pixels);
  for (const [i, tile] of tiles.entries()) {
    values.set(tile.values, i * size);
    labels.set(tile.labels, i * pixels);
  }
  return { values, labels, count: tiles.length };
}
