// `npm run bench:memory [-- SIDE]`: peak memory of mapping scenes of growing size with one model. The smallest scene stands
// for the process that holds engine and model only. `npm run bench:memory -- SIDE ROWS` maps ROWS of such a scene with a model that
// sees tiles (SpectralGPT, tiny): two rows of tiles are held at a time, whatever the height.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../app/random.ts';
import type { SampleArray } from '../app/raster/samples.ts';
import { createCogWriter } from '../main/raster/cog/writeCog.ts';
import { createServices } from '../main/services/createServices.ts';
import { runInChild } from '../main/workers/host.ts';

const bandCount = 12;
const tile = 512;
const largest = Number(process.argv[2] ?? 10_000);
const sides = [64, Math.round(largest / 4), largest];
/** Of the scene are mapped by tiles; all, by pixels, where absent. */
const tileRows = process.argv[3] === undefined ? undefined : Number(process.argv[3]);
const allowedBytes = tileRows === undefined ? 400e6 : 1e9;
/** Strips of tiles are as wide as the scene: only pixels are mapped in memory that does not grow. */
const allowedGrowth = tileRows === undefined ? 1.1 : Number.POSITIVE_INFINITY;

const folder = mkdtempSync(join(tmpdir(), 'prismap-memory-'));
const services = createServices({ runTask: runInChild });
try {
  await measure();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function measure(): Promise<void> {
  const training = join(folder, 'training.tif');
  await writeScene(training, 64);
  const rois = join(folder, 'rois.geojson');
  writeFileSync(rois, JSON.stringify(areas()));
  const model = join(folder, 'model');
  await services.call('train', {
    scene: [training],
    rois,
    out: model,
    baseline: false,
    split: 'random',
    ...(tileRows === undefined
      ? { preset: 'paper', epochs: 2 }
      : { model: 'spectralgpt', preset: 'tiny', epochs: 1, tiles: 8 }),
  });
  const peaks: number[] = [];
  for (const side of sides) {
    const scene = side === 64 ? training : join(folder, `scene-${side}.tif`);
    if (side !== 64) await writeScene(scene, side);
    const { peakRssBytes, seconds } = await services.call('predict', {
      model,
      scene,
      out: join(folder, 'map.tif'),
      score: join(folder, 'score.tif'),
      ...(tileRows === undefined || side === 64
        ? {}
        : { window: [0, 0, side, Math.min(side, tileRows)] }),
    });
    peaks.push(peakRssBytes);
    const mapped = side * Math.min(side, tileRows ?? side);
    console.log(
      `${side} × ${side} × ${bandCount} uint16: peak ${(peakRssBytes / 1e6).toFixed(0)} MB, ${seconds.toFixed(0)} s, ${Math.round(mapped / seconds)} pixels/s`,
    );
    if (scene !== training) rmSync(scene);
  }
  const added = peaks[2]! - peaks[0]!;
  const growth = peaks[2]! / peaks[1]!;
  console.log(
    `added by the largest scene: ${(added / 1e6).toFixed(0)} MB (at most ${allowedBytes / 1e6}); largest / quarter: ${growth.toFixed(3)} (at most ${allowedGrowth})`,
  );
  process.exitCode = added <= allowedBytes && growth <= allowedGrowth ? 0 : 1;
}

/** Two classes, left brighter than right, with noise that repeats from tile to tile. */
async function writeScene(path: string, side: number): Promise<void> {
  const grid = {
    width: side,
    height: side,
    crs: 'EPSG:32633',
    transform: [500_000, 10, 0, 5_900_000, 0, -10] as const,
  };
  const bands = Array.from({ length: bandCount }, (_, band) => ({
    name: `B${band + 1}`,
    type: 'uint16' as const,
    wavelengthNm: 450 + band * 100,
  }));
  const writer = await createCogWriter(path, { grid, bands, overviews: 'none' });
  const random = createRandom(1, 'noise');
  const pattern = bands.map((_, band) =>
    Uint16Array.from(
      { length: tile * tile },
      (_, i) => 500 + 40 * band + (i % 64 < 32 ? 400 : 0) + random.integer(64),
    ),
  );
  for (let y = 0; y < side; y += tile) {
    for (let x = 0; x < side; x += tile) {
      const window = { x, y, width: Math.min(tile, side - x), height: Math.min(tile, side - y) };
      await writer.write({ window, bands: pattern.map((values) => cut(values, window)) });
    }
  }
  await writer.finish();
}

function cut(
  values: Uint16Array,
  { width, height }: { readonly width: number; readonly height: number },
): SampleArray {
  if (width === tile && height === tile) return values;
  const result = new Uint16Array(width * height);
  for (let row = 0; row < height; row++)
    result.set(values.subarray(row * tile, row * tile + width), row * width);
  return result;
}

function areas(): unknown {
  const box = (x: number, name: string) => {
    const [left, right] = [500_000 + 10 * x, 500_000 + 10 * (x + 24)];
    const ring = [
      [left, 5_899_950],
      [right, 5_899_950],
      [right, 5_899_450],
      [left, 5_899_450],
      [left, 5_899_950],
    ];
    return {
      type: 'Feature',
      properties: { class: name },
      geometry: { type: 'Polygon', coordinates: [ring] },
    };
  };
  const crs = { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32633' } };
  return { type: 'FeatureCollection', crs, features: [box(4, 'left'), box(36, 'right')] };
}
