import type { DeskArguments, DeskOutput } from '../../app/contract/deskApi.ts';
import { AppError } from '../../app/error.ts';
import { allocatePoints, type Stratum } from '../../app/learn/samplingDesign.ts';
import { toMap } from '../../app/raster/geoTransform.ts';
import { wholeWindow } from '../../app/raster/grid.ts';
import type { RasterBlock, SceneSource } from '../../app/raster/scene.ts';
import { mapTransform } from '../../app/raster/tileGrid.ts';
import { scanWindows } from '../../app/raster/tiling.ts';
import { HashSample, positionHash } from '../../app/vector/labelPixels.ts';
import { openScene } from '../raster/formats.ts';
import { normaliseCrs } from '../vector/crs.ts';
import type { TaskContext } from './task.ts';

/**
 * Draws the points of an assessment in one pass over the map: each class keeps the pixels with the smallest hash of position and
 * seed, which are a simple random sample of it, the same whatever the order of reading.
 * @throws AppError `bad-labels` where the raster is no class map, `no-samples`
 */
export async function accuracyDesign(
  input: DeskArguments<'accuracy.design'>,
  context: TaskContext,
): Promise<DeskOutput<'accuracy.design'>> {
  const source = await openScene(input.map);
  try {
    const seen = await scan(source, input, context);
    const strata = [...seen]
      .map(([value, sample]) => ({ value, pixels: sample.seen }))
      .sort((a, b) => a.value - b.value);
    if (strata.length === 0)
      throw new AppError(
        'no-samples',
        `${input.map} has no pixel with a class. Choose a class map.`,
      );
    const drawn = draw(seen, strata, input);
    const { grid, classNames } = source.description;
    const transform = mapTransform(grid);
    const counts = new Map<number, number>();
    for (const { value } of drawn) counts.set(value, (counts.get(value) ?? 0) + 1);
    return {
      points: drawn.map(({ x, y, value }) => {
        const [mapX, mapY] = toMap(transform, x + 0.5, y + 0.5);
        return { x: mapX, y: mapY, stratum: value };
      }),
      ...(grid.crs === undefined || grid.transform === undefined
        ? {}
        : { crs: normaliseCrs(grid.crs) }),
      strata: strata.map(({ value, pixels }) => ({
        value,
        name: classNames?.get(value) ?? String(value),
        pixels,
        points: counts.get(value) ?? 0,
      })),
    };
  } finally {
    await source.close();
  }
}

const mostClasses = 255;

async function scan(
  source: SceneSource,
  input: DeskArguments<'accuracy.design'>,
  context: TaskContext,
): Promise<Map<number, HashSample>> {
  const { grid, block } = source.description;
  const seen = new Map<number, HashSample>();
  const windows = scanWindows(wholeWindow(grid), block);
  for (const [index, window] of windows.entries()) {
    context.signal.throwIfAborted();
    add(seen, await source.read({ window, bands: [0], signal: context.signal }), input);
    context.emit({
      kind: 'progress',
      stage: 'drawing points',
      done: index + 1,
      total: windows.length,
    });
  }
  return seen;
}

function add(
  seen: Map<number, HashSample>,
  { window, bands, masks }: RasterBlock,
  { map, points, seed }: DeskArguments<'accuracy.design'>,
): void {
  const [values, mask] = [bands[0]!, masks[0]];
  const sampleOf = (value: number): HashSample => {
    const known = seen.get(value);
    if (known !== undefined) return known;
    if (!Number.isInteger(value) || seen.size === mostClasses) throw noClasses(map);
    const sample = new HashSample(points);
    seen.set(value, sample);
    return sample;
  };
  let last: { readonly value: number; readonly sample: HashSample } | undefined;
  for (let i = 0; i < values.length; i++) {
    const value = mask?.[i] === 0 ? 0 : Number(values[i]);
    if (value === 0) continue;
    if (last?.value !== value) last = { value, sample: sampleOf(value) };
    const row = Math.floor(i / window.width);
    const [x, y] = [window.x + i - row * window.width, window.y + row];
    last.sample.add(x, y, positionHash(x, y, seed));
  }
}

function noClasses(map: string): AppError {
  return new AppError(
    'bad-labels',
    `${map} is no class map: it holds fractions or more than ${mostClasses} values. Choose a class map.`,
  );
}

type Drawn = {
  readonly x: number;
  readonly y: number;
  readonly hash: number;
  readonly value: number;
};

function draw(
  seen: ReadonlyMap<number, HashSample>,
  strata: readonly Stratum[],
  { design, points, least }: DeskArguments<'accuracy.design'>,
): readonly Drawn[] {
  const byHash = (a: Drawn, b: Drawn): number => a.hash - b.hash || a.y - b.y || a.x - b.x;
  const sorted = strata.map(({ value }) =>
    seen
      .get(value)!
      .positions()
      .map((position) => ({ ...position, value }))
      .sort(byHash),
  );
  // the smallest hashes of all are a simple random sample of the whole
  if (design === 'random') return sorted.flat().sort(byHash).slice(0, points);
  const counts = allocatePoints(strata, { design, points, least });
  return sorted.flatMap((positions, index) => positions.slice(0, counts[index])).sort(byHash);
}
