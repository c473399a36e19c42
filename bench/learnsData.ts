// Real data as the calls take them: Tokyo's patches as tiles in folders, Kampala's orthomosaic as tiles with masks.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createRandom } from '../app/random.ts';
import type { GeoTransform } from '../app/raster/geoTransform.ts';
import type { SampleArray } from '../app/raster/samples.ts';
import { createCogWriter } from '../main/raster/cog/writeCog.ts';
import { openScene } from '../main/raster/formats.ts';
import { openClassReader } from '../main/workers/classReader.ts';
import { python } from './referee.ts';

const { signal } = new AbortController();

type Raster = {
  readonly side: number;
  readonly height?: number;
  readonly names: readonly string[];
  readonly bands: readonly SampleArray[];
  readonly crs: string;
  readonly transform: GeoTransform;
  readonly nodata?: number;
};

async function writeRaster(path: string, raster: Raster): Promise<void> {
  const { side: width, height = width, names, bands, crs, transform, nodata } = raster;
  mkdirSync(dirname(path), { recursive: true });
  const writer = await createCogWriter(path, {
    grid: { width, height, crs, transform },
    bands: names.map((name) => ({
      name,
      type: 'uint8' as const,
      ...(nodata === undefined ? {} : { nodata }),
    })),
    statistics: false,
    overviews: 'none',
  });
  await writer.write({ window: { x: 0, y: 0, width, height }, bands: [...bands] });
  await writer.finish();
}

const [tokyoSide, tokyoTiles] = [16, 3000];
/** Files written at a time. */
const atOnce = 32;

/**
 * Tokyo's 3,000 patches of 16 × 16 pixels with their terrain: `train` and `val` with so many of each class, drawn by the seed, and
 * `test`, which nothing is learned from or measured on. The patches do not say where they lie; a place is made up, in rows, so that they have a pixel size.
 */
export async function writeTokyo(
  from: string,
  to: string,
  counts: { readonly train: number; readonly val: number },
  seed: number,
): Promise<void> {
  const labels = await openScene(join(from, 'Sentinel-2_B4328_10m_labels_A.tif'));
  const block = await labels.read({ window: { x: 0, y: 0, width: 1, height: tokyoTiles } });
  await labels.close();
  // Four components in a JPEG 2000, one tile below the other: rasterio reads them, (band, row, column).
  const read =
    'import rasterio, sys; sys.stdout.buffer.write(rasterio.open(sys.argv[1]).read().tobytes())';
  const file = join(from, 'Sentinel-2_B4328_10m_patches_A.jp2');
  const pixels = execFileSync(python, ['-c', read, file], { maxBuffer: 2 ** 24 });
  const cells = tokyoSide ** 2;
  const taken = new Map<number, number>();
  const order = createRandom(seed, 'tokyo').shuffle(
    Array.from({ length: tokyoTiles }, (_, i) => i),
  );
  const write = async (tile: number): Promise<void> => {
    const label = Number(block.bands[0]![tile]);
    const before = taken.get(label) ?? 0;
    taken.set(label, before + 1);
    const part =
      before < counts.train ? 'train' : before < counts.train + counts.val ? 'val' : 'test';
    const bands = [0, 1, 2, 3].map((band) => {
      const start = (band * tokyoTiles + tile) * cells;
      return Uint8Array.from(pixels.subarray(start, start + cells));
    });
    const [column, row] = [tile % 64, Math.floor(tile / 64)];
    await writeRaster(join(to, part, `terrain-${label}`, `${tile}.tif`), {
      ...{ side: tokyoSide, names: ['B04', 'B03', 'B02', 'B08'], bands, crs: 'EPSG:32654' },
      transform: [400_000 + 320 * column, 10, 0, 4_000_000 - 320 * row, 0, -10],
    });
  };
  for (let from = 0; from < order.length; from += atOnce)
    await Promise.all(order.slice(from, from + atOnce).map(write));
}

/** Pixels of the orthomosaic a side of one of ours (30 cm), and ours a side of a tile. */
const [step, tileSide] = [4, 64];

/** Kampala's buildings: `images` and `labels` of 64 × 64 pixels (1 = other, 2 = building), and the whole as one unlabelled scene in `scene`. */
export async function writeKampala(from: string, to: string): Promise<void> {
  const source = await openScene(join(from, 'oam_kampala_A_3072x2048.tif'));
  const { grid } = source.description;
  const buildings = await openClassReader(join(from, 'oam_kampala_A_buildings.geojson'), grid, {
    classField: 'osm_id',
    signal,
  });
  const names = ['red', 'green', 'blue'];
  const [width, height] = [grid.width / step, grid.height / step];
  const whole = names.map(() => new Uint8Array(width * height));
  const { transform: t, crs = '' } = grid;
  const transformAt = (x: number, y: number): GeoTransform => [
    t![0] + x * step * t![1],
    step * t![1],
    0,
    t![3] + y * step * t![5],
    0,
    step * t![5],
  ];
  for (let y = 0; y < height; y += tileSide)
    for (let x = 0; x < width; x += tileSide) {
      const side = tileSide * step;
      const window = { x: x * step, y: y * step, width: side, height: side };
      const { bands } = await source.read({ window, bands: [0, 1, 2] });
      const classes = await buildings.read(window);
      const images = bands.map((samples) => shrink(samples));
      const labels = new Uint8Array(tileSide ** 2);
      for (let i = 0; i < labels.length; i++) {
        const [column, row] = [i % tileSide, Math.floor(i / tileSide)];
        labels[i] =
          classes[(row * step + step / 2) * side + column * step + step / 2] === 0 ? 1 : 2;
        for (const [band, values] of images.entries())
          whole[band]![(y + row) * width + x + column] = values[i]!;
      }
      const place = { side: tileSide, crs, transform: transformAt(x, y) };
      const name = `${x}-${y}.tif`;
      await writeRaster(join(to, 'images', name), { ...place, names, bands: images });
      await writeRaster(join(to, 'labels', name), { ...place, names: ['class'], bands: [labels] });
    }
  await writeRaster(join(to, 'scene', 'kampala.tif'), {
    ...{ side: width, height, names, bands: whole, crs, transform: transformAt(0, 0) },
  });
  await source.close();
  await buildings.close();
}

/** Means of `step` × `step` pixels. */
function shrink(samples: SampleArray): Uint8Array {
  const side = tileSide * step;
  return Uint8Array.from({ length: tileSide ** 2 }, (_, i) => {
    const [column, row] = [(i % tileSide) * step, Math.floor(i / tileSide) * step];
    let sum = 0;
    for (let y = row; y < row + step; y++)
      for (let x = column; x < column + step; x++) sum += Number(samples[y * side + x]);
    return Math.round(sum / step ** 2);
  });
}
