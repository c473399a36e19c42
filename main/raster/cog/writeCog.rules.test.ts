import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SampleArray } from '../../../app/raster/samples.ts';
import { openTiff } from '../tiff/openTiff.ts';
import { pixelsSeen, python, Referee, type Verdict } from './testing/referee.ts';
import { type CogResult, type CogWriterOptions, createCogWriter } from './writeCog.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-cog-rules-'));
const path = join(folder, 'map.tif');
let referee: Referee | undefined;

beforeAll(() => {
  if (python !== undefined) referee = new Referee();
  else console.warn('Not compared with GDAL: the Python referee is absent.');
});
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
afterAll(() => {
  referee?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Writes a whole raster at once. */
async function written(
  options: CogWriterOptions,
  ...bands: readonly SampleArray[]
): Promise<CogResult> {
  const writer = await createCogWriter(path, options);
  const { width, height } = options.grid;
  await writer.write({ window: { x: 0, y: 0, width, height }, bands });
  return writer.finish();
}

/** What GDAL makes of it, where it is there; a valid COG in any case. */
async function seen(): Promise<Verdict | undefined> {
  const verdict = await referee?.ask(path);
  if (verdict !== undefined) expect(verdict.cog).toEqual({ valid: true, errors: [], warnings: [] });
  return verdict;
}

const grid = { width: 4, height: 2 };
const bytes: CogWriterOptions = { grid, bands: [{ name: '', type: 'uint8' }], tileSize: 16 };
const whole = { x: 0, y: 0, ...grid };

describe('a writer', () => {
  test('refuses blocks that do not fit, and goes on', async () => {
    const writer = await createCogWriter(path, bytes);
    const wrong: readonly (readonly SampleArray[])[] = [
      [],
      [new Uint8Array(8), new Uint8Array(8)],
      [new Uint8Array(7)],
      [new Uint16Array(8)],
    ];
    for (const bands of wrong)
      await expect(writer.write({ window: whole, bands })).rejects.toMatchObject({ code: 'usage' });
    for (const window of [
      { ...whole, x: 1 },
      { ...whole, width: 0 },
      { ...whole, y: 0.5 },
    ])
      await expect(writer.write({ window, bands: [] })).rejects.toMatchObject({
        code: 'no-overlap',
      });
    await writer.write({ window: whole, bands: [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)] });
    await writer.finish();
    const scene = await openTiff(path);
    const { bands } = await scene.read({ window: whole });
    await scene.close();
    expect([...bands[0]!]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test('takes no pixel twice, and leaves nothing when it is given one', async () => {
    const writer = await createCogWriter(path, bytes);
    const block = { window: whole, bands: [new Uint8Array(8)] };
    await writer.write(block);
    await expect(writer.write(block)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('pixels were written twice') as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('tells how far it is', async () => {
    const writer = await createCogWriter(path, { ...bytes, grid: { width: 32, height: 16 } });
    expect(writer.progress()).toEqual({ share: 0, scratchBytes: 0 });
    await writer.write({
      window: { x: 0, y: 0, width: 16, height: 8 },
      bands: [new Uint8Array(128)],
    });
    expect(writer.progress().share).toBe(0.25);
    await writer.write({
      window: { x: 16, y: 0, width: 16, height: 16 },
      bands: [new Uint8Array(256)],
    });
    expect(writer.progress().share).toBe(0.75);
    await writer.write({
      window: { x: 0, y: 8, width: 16, height: 8 },
      bands: [new Uint8Array(128)],
    });
    await writer.finish();
    expect(writer.progress()).toEqual({ share: 1, scratchBytes: 0 });
    const file = statSync(path).size;
    // Nothing is left to stop.
    await writer.suspend();
    await writer.abort();
    expect(statSync(path).size).toBe(file);
    await expect(writer.finish()).rejects.toMatchObject({ code: 'usage' });
  });

  test('fills what nobody wrote with nodata, beside whole tiles', async () => {
    const size = { width: 32, height: 16 };
    const writer = await createCogWriter(path, {
      ...bytes,
      grid: size,
      bands: [{ name: '', type: 'uint8', nodata: 9 }],
      unwritten: 'nodata',
    });
    await writer.write({
      window: { x: 0, y: 0, width: 16, height: 16 },
      bands: [new Uint8Array(256).fill(4)],
    });
    const { statistics } = await writer.finish();
    expect(statistics).toEqual([{ min: 4, max: 4, mean: 4, std: 0, validPercent: 50 }]);
    const scene = await openTiff(path);
    const { bands, masks } = await scene.read({ window: { x: 15, y: 3, width: 2, height: 1 } });
    await scene.close();
    expect([[...bands[0]!], [...masks[0]!]]).toEqual([
      [4, 9],
      [1, 0],
    ]);
  });

  test('cancelled at the end leaves the file of that name, and the files beside it', async () => {
    const classes = { ...bytes, classNames: new Map([[1, 'Water']]) };
    await written(classes, new Uint8Array(8).fill(1));
    const before = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]);
    expect(before).toHaveLength(3);
    const controller = new AbortController();
    const writer = await createCogWriter(path, {
      ...{ ...bytes, overviews: 'none', signal: controller.signal },
    });
    await writer.write({ window: whole, bands: [new Uint8Array(8).fill(2)] });
    controller.abort();
    await expect(writer.finish()).rejects.toMatchObject({ code: 'cancelled' });
    const after = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))]);
    expect(after).toEqual(before);
  });

  test('notices that somebody changed its scratch file, and removes everything', async () => {
    const options = { ...bytes, overviews: 'none', resume: { key: 'k' } } as const;
    const writer = await createCogWriter(path, options);
    await writer.write({ window: whole, bands: [Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)] });
    // The tile lies in the scratch file; it is told from the journal by what it holds.
    const names = readdirSync(folder).filter((name) => !name.endsWith('.journal'));
    expect(names).toHaveLength(1);
    const scratch = join(folder, names[0]!);
    await vi.waitFor(() => expect(statSync(scratch).size).toBeGreaterThan(8), 20_000);
    const tile = readFileSync(scratch);
    tile.fill(0xaa, 4);
    writeFileSync(scratch, tile, { flag: 'r+' });
    await expect(writer.finish()).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringContaining('was changed while it was written') as string,
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a file', () => {
  test('without names, statistics or items has no metadata', async () => {
    const { statistics } = await written({ ...bytes, statistics: false }, new Uint8Array(8));
    expect(statistics).toEqual([undefined]);
    expect(readFileSync(path).includes('GDALMetadata')).toBe(false);
    expect((await seen())?.bandTags ?? [{}]).toEqual([{}]);
  });

  test('of no valid pixel has no statistics', async () => {
    const nodata = { name: '', type: 'uint8', nodata: 3 } as const;
    const { statistics } = await written({ ...bytes, bands: [nodata] }, new Uint8Array(8).fill(3));
    expect(statistics).toEqual([undefined]);
    expect((await seen())?.bandTags ?? [{}]).toEqual([{}]);
  });

  test.each([Infinity, -Infinity])('has %s as nodata', async (nodata) => {
    const band = { name: '', type: 'float32', nodata } as const;
    const samples = Float32Array.of(1, nodata, 3, 4, 5, 6, 7, 8);
    const { statistics } = await written({ ...bytes, bands: [band] }, samples);
    expect(statistics[0]).toMatchObject({ min: 1, max: 8, validPercent: 87.5 });
    const scene = await openTiff(path);
    const { masks } = await scene.read({ window: whole });
    await scene.close();
    expect(scene.description.bands[0]!.nodata).toBe(nodata);
    expect([...masks[0]!]).toEqual([1, 0, 1, 1, 1, 1, 1, 1]);
    const verdict = await seen();
    if (verdict !== undefined)
      expect(Number(String(verdict.nodata).replace('inf', 'Infinity'))).toBe(nodata);
  });

  test('keeps items in one order, and which bands are bad', async () => {
    const options = {
      ...bytes,
      bands: [{ name: 'a', type: 'uint8', bad: true } as const],
      metadata: { zeta: 'last', alpha: 'first', mid: '<&>' },
    };
    await written(options, new Uint8Array(8));
    const first = readFileSync(path);
    await written(
      { ...options, metadata: { alpha: 'first', mid: '<&>', zeta: 'last' } },
      new Uint8Array(8),
    );
    expect(readFileSync(path).equals(first)).toBe(true);
    const scene = await openTiff(path);
    await scene.close();
    expect(scene.description.metadata).toMatchObject(options.metadata);
    expect(scene.description.bands[0]!.bad).toBe(true);
    const verdict = await seen();
    expect(verdict?.tags ?? options.metadata).toMatchObject(options.metadata);
    expect(verdict?.bandTags[0]?.['bbl'] ?? '0').toBe('0');
  });

  test('of tiles larger than what is handed to the system at once', async () => {
    // Two tiles of 8 MiB, of which the second is nearly empty.
    const size = { width: 2064, height: 1040 };
    const samples = Uint16Array.from({ length: 2064 * 1040 }, (_, i) => Math.imul(i, 40503) >>> 7);
    const options: CogWriterOptions = {
      ...{ grid: size, tileSize: 2048, compression: 'none' },
      bands: [{ name: '', type: 'uint16' }],
    };
    await written(options, samples);
    const scene = await openTiff(path);
    const { bands } = await scene.read({ window: { x: 0, y: 0, ...size } });
    await scene.close();
    expect(Buffer.compare(Buffer.from(bands[0]!.buffer), Buffer.from(samples.buffer))).toBe(0);
    expect((await seen())?.size ?? [2064, 1040, 1]).toEqual([2064, 1040, 1]);
  });

  test('of many tiles of one value each has every value in its place', async () => {
    const size = { width: 16 * 300, height: 16 };
    const samples = Uint16Array.from({ length: size.width * 16 }, (_, i) =>
      Math.floor((i % size.width) / 16),
    );
    await written({ ...bytes, grid: size, bands: [{ name: '', type: 'uint16' }] }, samples);
    const scene = await openTiff(path);
    const { bands } = await scene.read({ window: { x: 0, y: 0, ...size } });
    await scene.close();
    expect(bands[0]).toEqual(samples);
    if ((await seen()) !== undefined)
      expect((await pixelsSeen(path, 0, 'uint16')).subarray(0, 4800)).toEqual(
        samples.subarray(0, 4800),
      );
  });
});

describe('files beside a class map', () => {
  const map = (classNames: ReadonlyMap<number, string>, more: Partial<CogWriterOptions> = {}) =>
    written({ ...bytes, classNames, ...more }, new Uint8Array(8).fill(1));
  const beside = (ending: string): string => readFileSync(join(folder, `map${ending}`), 'utf8');

  test('name classes without a colour in grey, and values between them not at all', async () => {
    await map(
      new Map([
        [1, 'Water'],
        [4, 'Rock'],
      ]),
      { palette: new Map([[1, [1, 2, 3, 255] as const]]) },
    );
    const verdict = await seen();
    expect(verdict?.side.categories ?? ['', 'Water', '', '', 'Rock']).toEqual([
      '',
      'Water',
      '',
      '',
      'Rock',
    ]);
    expect(beside('.qml')).toContain('value="4" label="Rock" color="#808080"');
  });

  test('without names number the classes; colours that no table of bytes holds are left to the style', async () => {
    const colours = new Map([
      [-1, [9, 9, 9, 255] as const],
      [1, [1, 2, 3, 255] as const],
      [2.5, [4, 5, 6, 255] as const],
      [300, [7, 8, 9, 255] as const],
    ]);
    await written({ ...bytes, palette: colours }, new Uint8Array(8).fill(1));
    expect(beside('.tif.aux.xml')).not.toContain('CategoryNames');
    expect(beside('.qml')).toContain('value="300" label="Class 300"');
    const scene = await openTiff(path);
    await scene.close();
    expect(scene.description.palette?.get(1)).toEqual([1, 2, 3, 255]);
    expect(scene.description.palette?.get(44)).toEqual([0, 0, 0, 255]);
    expect((await seen())?.colormap?.['1'] ?? [1, 2, 3, 255]).toEqual([1, 2, 3, 255]);
  });

  test('make no list of names up to a value of millions, nor of no class at all', async () => {
    await map(new Map([[5_000_000, 'Far']]));
    expect(statSync(join(folder, 'map.tif.aux.xml')).size).toBeLessThan(2000);
    expect(beside('.tif.aux.xml')).toContain('<F>5000000</F><F>Far</F>');
    await map(new Map(), { palette: new Map() });
    expect(beside('.tif.aux.xml')).toContain('<GDALRasterAttributeTable');
  });

  test('go when a raster without classes takes the name, but for a style of the user', async () => {
    await map(new Map([[1, 'Water']]));
    await written(bytes, new Uint8Array(8));
    expect(readdirSync(folder)).toEqual(['map.tif']);
    writeFileSync(join(folder, 'map.qml'), '<qgis/>');
    await written(bytes, new Uint8Array(8));
    expect(existsSync(join(folder, 'map.qml'))).toBe(true);
  });
});
