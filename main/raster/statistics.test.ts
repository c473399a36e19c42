import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Window } from '../../app/raster/grid.ts';
import { type SampleArray, type SampleType, samplesOf } from '../../app/raster/samples.ts';
import type { SceneSource } from '../../app/raster/scene.ts';
import { openScene } from './formats.ts';
import { createSource } from './scenes/createSource.ts';
import { memorySource } from './scenes/memorySource.ts';
import { readStrided } from './scenes/strided.ts';
import { errorOf, temporaryFolder } from './scenes/testing/files.ts';
import { noReferee, Referee } from './scenes/testing/referee.ts';
import { sceneStatistics } from './statistics.ts';

type Row = {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly count: number;
  readonly validPercent: number;
  readonly histogram: readonly number[];
  readonly edges: readonly [number, number];
};

/** A scene of one band in memory, in blocks of 8 × 4. */
function sceneOf(values: SampleArray, width: number, nodata?: number): SceneSource {
  const height = values.length / width;
  const type: SampleType = values instanceof Float64Array ? 'float64' : 'uint8';
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const memory = memorySource('memory', bytes);
  const layout = {
    type,
    offset: 0,
    bigEndian: false,
    strides: { band: width * height, row: width, column: 1 },
  };
  return createSource(
    {
      uri: 'memory',
      format: 'test',
      grid: { width, height },
      bands: [
        { name: 'band', type, scale: 1, offset: 0, ...(nodata === undefined ? {} : { nodata }) },
      ],
      overviews: [],
      block: { width: Math.min(8, width), height: Math.min(4, height) },
      metadata: {},
      files: [],
    },
    {
      read: async (request) => ({ bands: await readStrided(memory, layout, request) }),
      close: () => Promise.resolve(),
    },
  );
}

describe('statistics', () => {
  it('merge over blocks to those of the whole', async () => {
    const cell = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    await fc.assert(
      fc.asyncProperty(fc.array(cell, { minLength: 1, maxLength: 300 }), async (numbers) => {
        const values = Float64Array.from(numbers, (value) => value + 1e7);
        const [band] = await sceneStatistics(sceneOf(values, 1));
        const mean = values.reduce((sum, value) => sum + value / values.length, 0);
        const variance = values.reduce(
          (sum, value) => sum + (value - mean) ** 2 / values.length,
          0,
        );
        expect(band!.mean).toBeCloseTo(mean, 4);
        expect(Math.abs(band!.std - Math.sqrt(variance))).toBeLessThan(
          1e-6 * (1 + Math.sqrt(variance)) + 1e-3,
        );
        expect(band!.histogram.counts.reduce((sum, count) => sum + count, 0)).toBe(values.length);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it('of a band without a valid pixel are NaN, not zero', async () => {
    const [band] = await sceneStatistics(sceneOf(new Uint8Array(64).fill(7), 8, 7));
    expect(band).toMatchObject({ count: 0, validPercent: 0, min: Number.NaN, mean: Number.NaN });
    expect(band!.histogram.counts.every((count) => count === 0)).toBe(true);
  });

  it('of a constant band have a histogram', async () => {
    const [band] = await sceneStatistics(sceneOf(samplesOf('uint8', 64), 8), { bins: 4 });
    expect(band).toMatchObject({ count: 64, min: 0, max: 0, std: 0 });
    expect([...band!.histogram.counts]).toEqual([0, 0, 64, 0]);
  });

  it('count no value without end, and have no bins where nothing is valid', async () => {
    const values = Float64Array.of(1, Infinity, 3, -Infinity, Number.NaN, 5);
    const [band] = await sceneStatistics(sceneOf(values, 3), { bins: 2 });
    expect(band).toMatchObject({ count: 3, min: 1, max: 5, mean: 3, validPercent: 50 });
    expect([...band!.histogram.counts]).toEqual([1, 2]);
    const [empty] = await sceneStatistics(sceneOf(new Float64Array(6).fill(Number.NaN), 3));
    expect(empty).toMatchObject({ count: 0, min: Number.NaN });
  });

  it.each([
    ['rows of small blocks', { width: 6000, height: 6000 }, { width: 8, height: 4 }],
    ['columns of high blocks', { width: 6000, height: 6000 }, { width: 64, height: 6000 }],
    [
      'blocks as large as what is held',
      { width: 8192, height: 4096 },
      { width: 4096, height: 4096 },
    ],
  ])('read a large scene once, in %s', async (_, grid, block) => {
    const seen = sceneOf(new Uint8Array(1), 1).description;
    const windows: Window[] = [];
    const signals = new Set<unknown>();
    const source: SceneSource = {
      description: { ...seen, grid, block },
      read: ({ window, signal }) => {
        windows.push(window);
        signals.add(signal);
        const samples = new Uint8Array(window.width * window.height).fill(windows.length);
        const size = { width: window.width, height: window.height };
        return Promise.resolve({ window, ...size, bands: [samples], masks: [undefined] });
      },
      close: () => Promise.resolve(),
    };
    const shares: number[] = [];
    const { signal } = new AbortController();
    const options = { signal, onProgress: (share: number) => shares.push(share) };
    const [band] = await sceneStatistics(source, options);
    expect(band!.count).toBe(grid.width * grid.height);
    expect([band!.min, band!.max]).toEqual([1, windows.length]);
    expect(shares).toEqual(windows.map((_window, i) => (i + 1) / windows.length));
    expect([...signals]).toEqual([signal]);
    for (const { x, y, width, height } of windows) {
      expect([x % block.width, y % block.height]).toEqual([0, 0]);
      expect(width * height).toBeLessThanOrEqual(2 ** 24);
    }
  });

  it('can be cancelled and report their progress', async () => {
    const shares: number[] = [];
    await sceneStatistics(sceneOf(new Float64Array(4096), 64), {
      onProgress: (share) => shares.push(share),
    });
    expect(shares.at(-1)).toBe(1);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    const error = await errorOf(
      sceneStatistics(sceneOf(new Uint8Array(64), 8), { signal: AbortSignal.abort() }),
    );
    expect(error.code).toBe('cancelled');
  });
});

describe.skipIf(noReferee !== undefined)(`statistics beside numpy ${noReferee ?? ''}`, () => {
  const folder = temporaryFolder();
  let referee: Referee;
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => {
    referee.stop();
    folder.remove();
  });

  for (const [dtype, nodata] of [
    ['uint8', 0],
    ['uint16', 0],
    ['int16', -1500],
    ['float32', 0],
    ['float64', undefined],
    ['int32', undefined],
  ] as const) {
    it(`${dtype}${nodata === undefined ? '' : ` with nodata ${nodata}`}`, async () => {
      const path = join(folder.path, `${dtype}.tif`);
      const profile = {
        driver: 'GTiff',
        count: 2,
        width: 301,
        height: 203,
        dtype,
        tiled: true,
        blockxsize: 64,
        blockysize: 64,
        ...(nodata === undefined ? {} : { nodata }),
      };
      await referee.must({ do: 'write', path, profile });
      const rows = await referee.must<readonly Row[]>({ do: 'statistics', path, bins: 64 });
      const source = await openScene(path);
      const bands = await sceneStatistics(source, { bins: 64 });
      expect(bands).toHaveLength(2);
      for (const [i, row] of rows.entries()) {
        const band = bands[i]!;
        expect([band.min, band.max, band.count]).toEqual([row.min, row.max, row.count]);
        expect(Math.abs(band.mean / row.mean - 1)).toBeLessThan(1e-10);
        expect(Math.abs(band.std / row.std - 1)).toBeLessThan(1e-10);
        expect(band.validPercent).toBeCloseTo(row.validPercent, 10);
        expect([band.histogram.min, band.histogram.max]).toEqual(row.edges);
        // A value on the border of two bins may round into either.
        const moved = row.histogram.map((count, bin) =>
          Math.abs(count - band.histogram.counts[bin]!),
        );
        expect(moved.reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(row.count * 1e-3);
      }
      const [approximate] = await sceneStatistics(source, { approximatePixels: 5000 });
      expect(approximate!.count).toBeLessThan(7000);
      expect(Math.abs(approximate!.mean - rows[0]!.mean)).toBeLessThan(0.2 * rows[0]!.std);
      await source.close();
    });
  }
});
