import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { DeskEvent } from '../../../app/contract/deskApi.ts';
import { noReferee, Referee } from '../../raster/scenes/testing/referee.ts';
import { bandFile, writeSafe } from '../../raster/scenes/testing/safeProduct.ts';
import { createScenes, type Scenes } from './scenes.ts';

const never = new AbortController().signal;
const folder = mkdtempSync(join(tmpdir(), 'prismap-scenes-'));
const tileBytes = 256 * 256;
let referee: Referee;
let scenes: Scenes;
const events: DeskEvent[] = [];

const open = (name: string): Promise<SceneInfo> =>
  scenes.handlers['scene.open']({ uri: join(folder, name) }, never);

const tileOf = (
  info: SceneInfo,
  place: { readonly z: number; readonly x: number; readonly y: number },
  bands: readonly number[],
) => scenes.tile({ scene: info.scene, stamp: info.stamp, bands, ...place }, never);

/** The same tile by GDAL's warper. */
async function expected(
  info: SceneInfo,
  place: { readonly z: number; readonly x: number; readonly y: number },
  bands: readonly number[],
  path = info.uri,
): Promise<Uint8Array> {
  const out = join(folder, 'expected.bin');
  const resolution = info.tiles.resolutions[place.z];
  const { bounds } = info;
  await referee.must({ action: 'tile', path, bounds, resolution, bands, out, ...place });
  return new Uint8Array(readFileSync(out));
}

function nativeTiles(info: SceneInfo) {
  const z = info.tiles.resolutions.length - 1;
  const span = 256 * info.tiles.resolutions[z]!;
  const columns = Math.ceil((info.bounds[2] - info.bounds[0]) / span - 1e-9);
  const rows = Math.ceil((info.bounds[3] - info.bounds[1]) / span - 1e-9);
  return Array.from({ length: columns * rows }, (_, i) => ({
    z,
    x: i % columns,
    y: Math.floor(i / columns),
  }));
}

/** Share of the bytes of valid pixels that differ; those outside have no value. */
function differing(got: Uint8Array, wanted: Uint8Array, bands: number): number {
  const size = (wanted.length / tileBytes - 1) / bands;
  let wrong = 0;
  for (let pixel = 0; pixel < tileBytes; pixel++) {
    const valid = wanted[tileBytes * size * bands + pixel];
    let same = got[tileBytes * size * bands + pixel] === valid;
    for (let byte = 0; same && valid === 255 && byte < size * bands; byte++) {
      const at = Math.floor(byte / size) * tileBytes * size + pixel * size + (byte % size);
      same = got[at] === wanted[at];
    }
    if (!same) wrong += 1;
  }
  return wrong / tileBytes;
}

describe.skipIf(noReferee !== undefined)(`tiles beside GDAL's ${noReferee ?? ''}`, () => {
  beforeAll(async () => {
    referee = new Referee(join(import.meta.dirname, 'testing/tiles.py'));
    await referee.must({ action: 'make', folder });
    scenes = createScenes({
      runTask: () => Promise.reject(new Error('no task')),
      emit: (event) => events.push(event),
      dataFolder: folder,
      folders: [],
    });
  });
  afterAll(async () => {
    referee.stop();
    await scenes.dispose();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['utm.tif', [2, 0, 1], 'uint16', 0],
    ['float.tif', [1, 0], 'float32', 0],
    ['southUp.tif', [0], 'uint16', 0],
    ['oblong.tif', [0], 'uint8', 0],
    ['bare.tif', [0], 'uint16', 0],
    ['cube.dat', [5, 2], 'int16', 0],
    ['classes.tif', [0], 'uint8', 0],
    // centres that fall on the border of two pixels may go either way
    ['rotated.tif', [0], 'int16', 0.002],
  ] as const)('of %s at its own resolution', async (name, bands, sampleType, tolerance) => {
    const info = await open(name);
    for (const place of nativeTiles(info)) {
      const tile = await tileOf(info, place, bands);
      const wanted = await expected(info, place, bands);
      if (tile === undefined) {
        expect(wanted.subarray(-tileBytes).every((valid) => valid === 0)).toBe(true);
        continue;
      }
      expect(tile.sampleType).toBe(sampleType);
      expect(tile.bytes.length).toBe(wanted.length);
      expect(differing(tile.bytes, wanted, bands.length)).toBeLessThanOrEqual(tolerance);
    }
  });

  it.each([
    ['scaled.tif', '(b3 - b1) / (b3 + b1)', [0, 2], '(b[1] - b[0]) / (b[1] + b[0])'],
    ['scaled.tif', 'log(b1) - log10(b2 * 7)', [0, 1], 'numpy.log(b[0]) - numpy.log10(b[1] * 7)'],
    [
      'scaled.tif',
      'exp(-b2) ^ 0.3 + min(b1, b3)',
      [0, 1, 2],
      'numpy.exp(-b[1]) ** 0.3 + numpy.minimum(b[0], b[2])',
    ],
    [
      'cube.dat',
      'sqrt(b1 - b6) / abs(b2 - 1200)',
      [0, 1, 5],
      'numpy.sqrt(b[0] - b[2]) / abs(b[1] - 1200)',
    ],
    ['float.tif', 'log(b1 / b2 - 1)', [0, 1], 'numpy.log(b[0] / b[1] - 1)'],
  ] as const)('of %s as %s', async (name, expression, bands, formula) => {
    const info = await open(name);
    const request = { scene: info.scene, stamp: info.stamp, bands: [], expression };
    const { bounds, uri: path } = info;
    let valid = 0;
    for (const place of nativeTiles(info)) {
      const tile = (await scenes.tile({ ...request, ...place }, never))!;
      const out = join(folder, 'expected.bin');
      const resolution = info.tiles.resolutions[place.z];
      await referee.must({
        action: 'index',
        path,
        bounds,
        resolution,
        bands,
        formula,
        out,
        ...place,
      });
      const wanted = new Uint8Array(readFileSync(out));
      expect(tile.sampleType).toBe('float32');
      expect(Buffer.compare(tile.bytes.subarray(-tileBytes), wanted.subarray(-tileBytes))).toBe(0);
      const [got, right] = [tile.bytes, wanted].map(
        (bytes) => new Float32Array(bytes.slice(0, 4 * tileBytes).buffer),
      );
      for (let i = 0; i < tileBytes; i++) {
        if (wanted[4 * tileBytes + i] === 0) continue;
        valid += 1;
        // logarithms of two libraries may round the last bit of a double to either side: then of the float32, too
        if (Math.abs(got![i]! - right![i]!) > 2 ** -23 * Math.abs(right![i]!))
          throw new Error(`${got![i]} instead of ${right![i]} at ${i}`);
      }
    }
    expect(valid).toBeGreaterThan(10_000);
  });

  it('of arithmetic that cannot be read are refused with what is wrong', async () => {
    const info = await open('utm.tif');
    const place = { scene: info.scene, stamp: info.stamp, z: 0, x: 0, y: 0, bands: [] };
    await expect(scenes.tile({ ...place, expression: 'b1 / b9' }, never)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('There is no band b9') as string,
    });
  });

  it('of a Sentinel-2 product at its own resolution', async () => {
    const product = {
      folder: join(folder, 'S2A_MSIL2A_TEST.SAFE'),
      level: '2A',
      offset: true,
      side60: 60,
    } as const;
    const writer = new Referee();
    await writeSafe(writer, product);
    writer.stop();
    const info = await open('S2A_MSIL2A_TEST.SAFE');
    const band = info.bands.findIndex(({ name }) => name === 'B04');
    for (const place of nativeTiles(info)) {
      const tile = await tileOf(info, place, [band]);
      const path = join(product.folder, bandFile(product, 'B04'));
      const wanted = await expected(info, place, [0], path);
      // a product masks 0 and 65535, which its files do not say
      const samples = new Uint16Array(wanted.slice(0, 2 * tileBytes).buffer);
      samples.forEach((sample, i) => {
        if (sample === 0 || sample === 65535) wanted[2 * tileBytes + i] = 0;
      });
      expect(differing(tile!.bytes, wanted, 1)).toBe(0);
    }
    expect(info.defaultRgb.map((index) => info.bands[index]!.name)).toEqual(['B04', 'B03', 'B02']);
    expect(info.proj4).toContain('+zone=33');
  });

  it('of coarse levels come from the overviews of the file', async () => {
    const info = await open('overviews.tif');
    const levels = info.tiles.resolutions.length;
    for (const factor of [2, 4, 8]) {
      const z = levels - 1 - Math.log2(factor);
      const tile = await tileOf(info, { z, x: 0, y: 0 }, [0]);
      const out = join(folder, 'expected.bin');
      const window = [0, 0, 256 * factor, 256 * factor];
      await referee.must({ action: 'overview', path: info.uri, window, out });
      expect(Buffer.compare(tile!.bytes.subarray(0, 2 * tileBytes), readFileSync(out))).toBe(0);
    }
  });

  it('of a scene without overviews are made of finer ones, within a pixel of the nearest', async () => {
    const info = await open('large.tif');
    expect(info.overviews).toEqual([]);
    const tile = await tileOf(info, { z: 0, x: 0, y: 0 }, [0]);
    const factor = 2 ** (info.tiles.resolutions.length - 1);
    const samples = new Uint16Array(tile!.bytes.slice(0, 2 * tileBytes).buffer);
    const mask = tile!.bytes.subarray(2 * tileBytes);
    const values = await scenes.handlers['scene.values'](
      {
        scene: info.scene,
        positions: Array.from({ length: 50 }, (_, i) => {
          // a quarter of the size is read, whose first pixel is the third of four; then the first of each four is kept
          const [column, row] = [(3 * i) % 190, (2 * i) % 160];
          return [
            info.bounds[0] + (column * factor + 2.5) * 10,
            info.bounds[3] - (row * factor + 2.5) * 10,
          ] as [number, number];
        }),
      },
      never,
    );
    values.values.forEach((value, i) => {
      const at = ((2 * i) % 160) * 256 + ((3 * i) % 190);
      expect(samples[at]).toBe(value!.values[0]);
      expect(mask[at]).toBe(255);
    });
    expect(mask[255 * 256 + 255]).toBe(0);
  });

  it('are undefined outside, and refused for bands and levels that are not there', async () => {
    const info = await open('utm.tif');
    expect(await tileOf(info, { z: 0, x: 5, y: 5 }, [0])).toBeUndefined();
    await expect(tileOf(info, { z: 0, x: 0, y: 0 }, [7])).rejects.toMatchObject({ code: 'usage' });
    await expect(tileOf(info, { z: 9, x: 0, y: 0 }, [0])).rejects.toMatchObject({ code: 'usage' });
  });

  it('figures of a band are NumPy’s', async () => {
    const info = await open('utm.tif');
    const { bands } = await scenes.handlers['scene.statistics'](
      { scene: info.scene, bands: [0] },
      never,
    );
    const wanted = await referee.must<Record<string, number>>({
      action: 'figures',
      path: info.uri,
    });
    const { histogram, ...figures } = bands[0]!;
    for (const name of ['min', 'max', 'mean', 'std', 'p2', 'p98'] as const)
      expect(figures[name]).toBeCloseTo(wanted[name]!, 6);
    expect(histogram.counts).toEqual(wanted['counts']);
    expect(figures.validPercent).toBeCloseTo(100 - (100 * 4000) / (530 * 700), 9);
  });

  it('figures of a large scene without overviews rest on parts that lie evenly over it', async () => {
    const info = await open('wide.tif');
    const { bands } = await scenes.handlers['scene.statistics'](
      { scene: info.scene, bands: [0] },
      never,
    );
    const wanted = await referee.must<Record<string, number>>({
      action: 'figures',
      path: info.uri,
    });
    const figures = bands[0]!;
    const seen = figures.histogram.counts.reduce((a, b) => a + b);
    expect(seen).toBe(25 * 224 * 224);
    for (const name of ['mean', 'std', 'p2', 'p98'] as const)
      expect(Math.abs(figures[name] / wanted[name]! - 1)).toBeLessThan(0.05);
  });

  it('figures of a part are of that part', async () => {
    const info = await open('classes.tif');
    const part = await scenes.handlers['scene.statistics'](
      { scene: info.scene, bands: [0], bounds: [400000, 5199990, 400010, 5200000] },
      never,
    );
    const value = await scenes.handlers['scene.values'](
      { scene: info.scene, positions: [[400005, 5199995]] },
      never,
    );
    const only = value.values[0]!.values[0];
    expect(part.bands[0]).toMatchObject(only === null ? { validPercent: 0 } : { min: only });
    expect(info.classes!.map(({ value, color }) => [value, ...color])).toEqual([
      [1, 10, 20, 30],
      [2, 200, 0, 0],
      [3, 0, 99, 0],
    ]);
  });

  it('a scene that changes, goes and comes back is told of, and old addresses are refused', async () => {
    const path = join(folder, 'float.tif');
    const info = await open('float.tif');
    const told = async (state: string): Promise<void> => {
      for (let i = 0; i < 200; i++) {
        const found = events.some(
          (event) => event.kind === 'scene' && event.uri === path && event.state === state,
        );
        if (found) return;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`not told that the scene is ${state}`);
    };
    renameSync(path, `${path}.away`);
    await told('gone');
    renameSync(`${path}.away`, path);
    await told('back');
    writeFileSync(path, readFileSync(join(folder, 'bare.tif')));
    await told('changed');
    await expect(tileOf(info, { z: 0, x: 0, y: 0 }, [0])).rejects.toMatchObject({
      code: 'not-found',
    });
    const again = await open('float.tif');
    expect(again.scene).toBe(info.scene);
    expect(again.width).toBe(500);
    expect(await tileOf(again, { z: 0, x: 0, y: 0 }, [0])).toBeDefined();
  });
});
