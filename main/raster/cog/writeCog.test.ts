import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../../app/random.ts';
import { overviewSizes, reduceByTwo } from '../../../app/raster/overview.ts';
import type { SampleArray, SampleType } from '../../../app/raster/samples.ts';
import { openTiff } from '../tiff/openTiff.ts';
import { cutOut, noisyBand, randomWindows } from './testing/pixels.ts';
import { pixelsSeen, python, Referee } from './testing/referee.ts';
import { type CogWriterOptions, createCogWriter } from './writeCog.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-cog-'));
let referee: Referee;
beforeAll(() => {
  if (python !== undefined) referee = new Referee();
});
afterAll(() => {
  referee?.close();
  rmSync(folder, { recursive: true, force: true });
});

const types: readonly SampleType[] = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'uint64',
  'int64',
  'float32',
  'float64',
];

async function write(
  name: string,
  options: CogWriterOptions,
  bands: readonly SampleArray[],
  seed?: number,
): Promise<string> {
  const path = join(folder, name);
  const writer = await createCogWriter(path, options);
  const { grid } = options;
  const windows =
    seed === undefined
      ? [{ x: 0, y: 0, width: grid.width, height: grid.height }]
      : randomWindows(grid, seed);
  for (const window of windows)
    await writer.write({ window, bands: bands.map((b) => cutOut(b, grid.width, window)) });
  await writer.finish();
  return path;
}

const same = (a: SampleArray, b: SampleArray): boolean =>
  a.length === b.length &&
  Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(
    Buffer.from(b.buffer, b.byteOffset, b.byteLength),
  );

const cases = fc.record({
  type: fc.constantFrom(...types),
  width: fc.integer({ min: 2, max: 150 }),
  height: fc.integer({ min: 2, max: 150 }),
  count: fc.integer({ min: 1, max: 4 }),
  tileSize: fc.constantFrom(16, 32, 48, 64),
  compression: fc.constantFrom('deflate' as const, 'zstd' as const, 'none' as const),
  overviews: fc.constantFrom('nearest' as const, 'mode' as const, 'average' as const),
  missing: fc.constantFrom(undefined, 7, Number.NaN),
  bigTiff: fc.constantFrom('auto' as const, 'yes' as const),
  memoryBytes: fc.constantFrom(0, 2000, 2 ** 20),
  seed: fc.integer({ min: 1, max: 2 ** 30 }),
});

describe.skipIf(python === undefined)('GDAL (skipped: the Python referee is not set up)', () => {
  test('reads back every pixel of every resolution, whatever was written in whatever pieces', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ type, count, seed, missing, memoryBytes, ...rest }) => {
        const { width, height, tileSize, overviews } = rest;
        // only floats have NaN
        const nodata = Number.isNaN(missing) && !type.startsWith('float') ? undefined : missing;
        const random = createRandom(seed, 'pixels');
        const size = { width, height };
        const pixels = Array.from({ length: count }, () => noisyBand(type, size, random, nodata));
        const bands = pixels.map((_, i) => ({
          name: `band ${i}`,
          type,
          ...(nodata === undefined ? {} : { nodata }),
        }));
        const options = { ...rest, grid: size, bands, memoryBytes };
        const path = await write('a.tif', options, pixels, seed);
        const once = await write('b.tif', options, pixels);
        expect(readFileSync(path).equals(readFileSync(once))).toBe(true);
        expect(readdirSync(folder).sort()).toEqual(['a.tif', 'b.tif']);
        const verdict = await referee.ask(path);
        expect(verdict.cog).toEqual({ valid: true, errors: [], warnings: [] });
        expect(verdict.blocks).toEqual([]);
        expect(verdict.layout['LAYOUT']).toBe('COG');
        expect(verdict.type).toBe(type);
        expect(verdict.nodata).toBe(Number.isNaN(nodata) ? 'nan' : (nodata ?? null));
        let planes = pixels.map((samples) => ({ type, ...size, samples }));
        const sizes = [size, ...overviewSizes(size, tileSize)];
        expect(verdict.overviews).toEqual(sizes.slice(1).map((s) => [s.width, s.height]));
        for (let level = 0; level < sizes.length; level++) {
          const seen = await pixelsSeen(path, level, type);
          const length = planes[0]!.samples.length;
          planes.forEach((plane, band) => {
            const part = seen.subarray(band * length, (band + 1) * length);
            expect(same(part, plane.samples), `level ${level} band ${band}`).toBe(true);
          });
          planes = planes.map((plane) => reduceByTwo(plane, overviews, nodata));
        }
      }),
      { numRuns: 25 },
    );
  });

  test('finds colours, names and no data of a class map', async () => {
    const size = { width: 700, height: 600 };
    const samples = noisyBand('uint8', size, createRandom(1), 0) as Uint8Array;
    for (let i = 0; i < samples.length; i++) samples[i] = samples[i]! % 4;
    const path = await write(
      'classes.tif',
      {
        grid: { ...size, crs: 'EPSG:32632', transform: [500000, 10, 0, 5200000, 0, -10] },
        bands: [{ name: 'class', type: 'uint8', nodata: 0 }],
        palette: new Map([
          [0, [0, 0, 0, 0]],
          [1, [10, 20, 30, 255]],
          [2, [200, 100, 0, 255]],
          [3, [255, 255, 255, 255]],
        ]),
        classNames: new Map([
          [1, 'Water & <sea>'],
          [2, 'Bäume "grün"'],
          [3, 'Road'],
        ]),
      },
      [samples],
      3,
    );
    const verdict = await referee.ask(path);
    expect(verdict.cog).toEqual({ valid: true, errors: [], warnings: [] });
    expect(verdict.interpretation).toEqual(['palette']);
    expect(verdict.colormap?.['0']).toEqual([0, 0, 0, 0]);
    expect(verdict.colormap?.['2']).toEqual([200, 100, 0, 255]);
    expect(verdict.side.categories).toEqual(['No data', 'Water & <sea>', 'Bäume "grün"', 'Road']);
    expect(verdict.side.rows[2]).toEqual(['2', 'Bäume "grün"', '200', '100', '0', '255']);
    expect(verdict.epsg).toBe(32632);
    const style = readFileSync(path.replace('.tif', '.qml'), 'utf8');
    expect(style).toContain(
      'value="1" label="Water &amp; &lt;sea&gt;" color="#0a141e" alpha="255"',
    );
    const seen = await pixelsSeen(path, 1, 'uint8');
    const expected = reduceByTwo({ type: 'uint8', ...size, samples }, 'mode', 0);
    expect(same(seen, expected.samples)).toBe(true);
  });

  test('finds names, units, scale, wavelength, metadata and statistics', async () => {
    const size = { width: 130, height: 90 };
    const pixels = [1, 2].map((seed) => noisyBand('int16', size, createRandom(seed), -5));
    const band = { type: 'int16', nodata: -5, scale: 0.0001, offset: -0.1 } as const;
    const manifest = JSON.stringify({ model: 'a<b>&"c"', text: 'zwölf — 12' });
    const path = await write(
      'named.tif',
      {
        grid: { ...size, transform: [100, 2, 0.5, 200, 0.25, -3] },
        bands: [
          { ...band, name: 'Red & <near>', unit: 'reflectance', wavelengthNm: 664.6 },
          { ...band, name: 'NIR', wavelengthNm: 842 },
        ],
        tileSize: 32,
        metadata: { PRISMAP_RUN: manifest, sensor: 'none' },
      },
      pixels,
      9,
    );
    const verdict = await referee.ask(path);
    expect(verdict.transform).toEqual([100, 2, 0.5, 200, 0.25, -3]);
    expect(verdict.descriptions).toEqual(['Red & <near>', 'NIR']);
    expect(verdict.scales).toEqual([0.0001, 0.0001]);
    expect(verdict.offsets).toEqual([-0.1, -0.1]);
    expect(verdict.units).toEqual(['reflectance', null]);
    expect(verdict.tags['PRISMAP_RUN']).toBe(manifest);
    expect(verdict.imagery[0]?.['CENTRAL_WAVELENGTH_UM']).toBe('0.6646');
    pixels.forEach((samples, index) => {
      const valid = Array.from(samples as Int16Array).filter((value) => value !== -5);
      const mean = valid.reduce((a, b) => a + b, 0) / valid.length;
      const squares = valid.reduce((sum, value) => sum + (value - mean) ** 2, 0);
      const tags = verdict.bandTags[index]!;
      expect(Number(tags['STATISTICS_MINIMUM'])).toBe(Math.min(...valid));
      expect(Number(tags['STATISTICS_MAXIMUM'])).toBe(Math.max(...valid));
      expect(Number(tags['STATISTICS_MEAN'])).toBeCloseTo(mean, 9);
      expect(Number(tags['STATISTICS_STDDEV'])).toBeCloseTo(Math.sqrt(squares / valid.length), 9);
      const percent = (100 * valid.length) / samples.length;
      expect(Number(tags['STATISTICS_VALID_PERCENT'])).toBeCloseTo(percent, 1);
    });
  });
});

test('a run suspended at any windows ends in the bytes of one that was not', async () => {
  await fc.assert(
    fc.asyncProperty(
      cases,
      fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }),
      async ({ type, count, seed, missing: _, memoryBytes, ...rest }, stops) => {
        const size = { width: rest.width, height: rest.height };
        const pixels = Array.from({ length: count }, (_, band) =>
          noisyBand(type, size, createRandom(seed, band)),
        );
        const bands = pixels.map((_, i) => ({ name: `band ${i}`, type }));
        const options = { ...rest, grid: size, bands, memoryBytes };
        const plain = await write('plain.tif', options, pixels);
        const path = join(folder, 'stopped.tif');
        const windows = randomWindows(size, seed);
        for (const stop of [...stops, windows.length]) {
          const writer = await createCogWriter(path, { ...options, resume: { key: 'k' } });
          for (const window of windows.slice(0, stop)) {
            if (writer.done(window)) continue;
            const part = pixels.map((band) => cutOut(band, size.width, window));
            await writer.write({ window, bands: part });
          }
          await (stop === windows.length ? writer.finish() : writer.suspend());
          if (stop === windows.length) break;
        }
        expect(readFileSync(path).equals(readFileSync(plain))).toBe(true);
        expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
        rmSync(path);
        rmSync(plain);
      },
    ),
    { numRuns: 20 },
  );
});

test('our own reader reads it back', async () => {
  const size = { width: 140, height: 75 };
  for (const [type, compression] of [
    ['uint8', 'deflate'],
    ['float32', 'zstd'],
    ['int64', 'deflate'],
    ['uint16', 'none'],
  ] as const) {
    const pixels = [1, 2, 3].map((seed) => noisyBand(type, size, createRandom(seed), 3));
    const bands = ['a', 'b', 'c'].map((name, i) => ({
      name,
      type,
      nodata: 3,
      wavelengthNm: 500 + i,
    }));
    const grid = { ...size, crs: 'EPSG:3035', transform: [1, 2, 0, 3, 0, -2] as const };
    const path = await write(`own-${type}.tif`, { grid, bands, compression, tileSize: 32 }, pixels);
    const source = await openTiff(path);
    try {
      const { description } = source;
      expect(description.grid).toEqual(grid);
      expect(description.bands.map(({ name, wavelengthNm }) => [name, wavelengthNm])).toEqual(
        bands.map(({ name, wavelengthNm }) => [name, wavelengthNm]),
      );
      const block = await source.read({ window: { x: 0, y: 0, ...size } });
      block.bands.forEach((samples, band) => {
        expect(same(samples, pixels[band]!)).toBe(true);
      });
    } finally {
      await source.close();
    }
  }
});
