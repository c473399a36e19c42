import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SampleArray } from '../../../app/raster/samples.ts';
import type { RasterBlock } from '../../../app/raster/scene.ts';
import { openTiff } from './openTiff.ts';
import { hasReferee, python, skipped } from './testing/childReader.ts';

type Expected = {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly type: string;
  readonly epsg: number | null;
  readonly transform: readonly number[] | null;
  readonly nodata: string | null;
  readonly overviews: readonly number[];
  readonly descriptions: readonly (string | null)[];
  readonly scales: readonly number[];
  readonly offsets: readonly number[];
  readonly digests: readonly string[];
  readonly masks: readonly string[];
  readonly reads: readonly {
    readonly window: readonly [number, number, number, number];
    readonly size: readonly [number, number];
    readonly digests: readonly string[];
  }[];
};

const digest = (samples: SampleArray | Uint8Array): string =>
  createHash('md5').update(samples).digest('hex');
const window = { x: 17, y: 9, width: 64, height: 50 };

function maskDigests(block: RasterBlock): string[] {
  const valid = new Uint8Array(block.width * block.height).fill(1);
  return block.masks.map((mask) => digest(mask ?? valid));
}

describe.skipIf(!hasReferee)(`GeoTIFFs written by GDAL${skipped}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'prismap-tiff-'));
  const expected = new Map<string, Expected>();
  const open = (name: string) => openTiff(join(folder, `${name}.tif`));

  beforeAll(() => {
    const script = join(import.meta.dirname, 'testing', 'make_scenes.py');
    const made = spawnSync(python, [script, folder], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    expect(made.status, made.stderr).toBe(0);
    for (const line of made.stdout.trim().split('\n')) {
      const facts = JSON.parse(line) as Expected;
      expected.set(facts.name, facts);
    }
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('have the same pixels, masks and facts', async () => {
    const wrong: string[] = [];
    for (const [name, facts] of expected) {
      const scene = await open(name);
      const { grid, bands, overviews } = scene.description;
      const block = await scene.read({ window });
      const found = {
        size: [grid.width, grid.height, bands[0]!.type],
        crs: grid.crs ?? null,
        transform: grid.transform ?? null,
        nodata: bands[0]!.nodata ?? null,
        scales: bands.map((band) => band.scale),
        offsets: bands.map((band) => band.offset),
        overviews: overviews.length,
        digests: block.bands.map(digest),
        masks: maskDigests(block),
      };
      const wanted = {
        size: [facts.width, facts.height, facts.type],
        crs: facts.epsg === null ? null : `EPSG:${facts.epsg}`,
        transform: facts.transform,
        nodata: facts.nodata === null ? null : Number(facts.nodata.replace('nan', 'NaN')),
        scales: facts.scales,
        offsets: facts.offsets,
        overviews: facts.overviews.length,
        digests: facts.digests,
        // GDAL takes NaN for a value where no nodata is stated; to us it is never one.
        masks: name === 'lerc-nan' ? found.masks : facts.masks,
      };
      for (const key of Object.keys(wanted) as (keyof typeof wanted)[]) {
        if (JSON.stringify(found[key]) !== JSON.stringify(wanted[key])) {
          wrong.push(
            `${name} ${key}: ${JSON.stringify(found[key])} / ${JSON.stringify(wanted[key])}`,
          );
        }
      }
      await scene.close();
    }
    expect(wrong).toEqual([]);
    expect(expected.size).toBeGreaterThan(110);
  });

  it('give the nearest pixels at other sizes, from the overview that GDAL takes', async () => {
    const wrong: string[] = [];
    for (const [name, facts] of expected) {
      const scene = await open(name);
      for (const [i, read] of facts.reads.entries()) {
        // Where an overview stores its bands apart, GDAL rounds the window to whole pixels of it; we do not.
        if (name === 'overviews-outside' && i === 1) continue;
        const [x, y, width, height] = read.window;
        const size = { width: read.size[0], height: read.size[1] };
        const block = await scene.read({ window: { x, y, width, height }, size });
        if (String(block.bands.map(digest)) !== String(read.digests)) {
          wrong.push(`${name}: ${read.window.join()} at ${read.size.join()}`);
        }
      }
      await scene.close();
    }
    expect(wrong).toEqual([]);
  });

  it('describe their bands', async () => {
    const { description } = await open('described');
    expect(description.bands).toMatchObject([
      { name: 'B04 – red', wavelengthNm: 664.6, fwhmNm: 31, scale: 0.0001, offset: -0.1 },
      { wavelengthNm: 832.8, bad: true, scale: 2, offset: 5 },
    ]);
    expect(description.bands[0]!.statistics).toEqual({ min: 1, max: 9, mean: 4.5, std: 2 });
    expect(description.metadata['SENSOR']).toBe('made <up> & "quoted"');
  });

  it('carry their colours, the nodata class transparent', async () => {
    const { palette } = (await open('palette')).description;
    expect(palette?.get(3)).toEqual([3, 120, 252, 255]);
    expect(palette?.get(0)?.[3]).toBe(0);
  });

  it('are recognised as cloud optimised', async () => {
    expect((await open('cog')).description.format).toBe('COG');
    expect((await open('point')).description.format).toBe('GTiff');
  });

  it('give a choice of bands in the order asked for', async () => {
    const scene = await open('uint16-deflate');
    const all = await scene.read({ window });
    const some = await scene.read({ window, bands: [2, 0] });
    expect(some.bands).toEqual([all.bands[2], all.bands[0]]);
    await scene.close();
  });

  it('decode every tile once in a scan with halo', async () => {
    const scene = await open('uint16-deflate');
    for (let y = 0; y < 110; y += 24) {
      for (let x = 0; x < 150; x += 32) {
        const [left, top] = [Math.max(0, x - 6), Math.max(0, y - 6)];
        await scene.read({
          window: {
            x: left,
            y: top,
            width: Math.min(150, x + 38) - left,
            height: Math.min(110, y + 30) - top,
          },
        });
      }
    }
    expect(scene.counters().decoded).toBe(9);
    await scene.close();
  });

  it('refuse windows outside, unknown bands, and stop when cancelled', async () => {
    const scene = await open('uint16-deflate');
    await expect(scene.read({ window: { ...window, x: 100 } })).rejects.toMatchObject({
      code: 'no-overlap',
    });
    await expect(scene.read({ window, bands: [3] })).rejects.toMatchObject({
      code: 'bands-mismatch',
    });
    await expect(scene.read({ window, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'cancelled',
    });
    await scene.close();
    await expect(open('absent')).rejects.toMatchObject({ code: 'not-found' });
    await expect(openTiff(folder)).rejects.toMatchObject({ code: 'not-readable' });
  });
});
