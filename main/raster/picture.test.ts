import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decode } from 'fast-png';
import { afterAll, expect, test } from 'vitest';
import { createRandom } from '../../app/random.ts';
import type { Band, SceneSource } from '../../app/raster/scene.ts';
import { createCogWriter } from './cog/writeCog.ts';
import { classPicture, composite, writePreview } from './picture.ts';
import { compositeBands } from './pictureBands.ts';
import { openTiff } from './tiff/openTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-picture-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withCog<Result>(
  bands: readonly (Uint8Array | Float32Array)[],
  width: number,
  use: (source: SceneSource) => Promise<Result>,
): Promise<Result> {
  const path = join(folder, 'source.tif');
  const height = bands[0]!.length / width;
  const type = bands[0] instanceof Uint8Array ? 'uint8' : 'float32';
  const writer = await createCogWriter(path, {
    grid: { width, height },
    bands: bands.map((_, i) => ({ name: `band ${i}`, type, nodata: 0 })),
    tileSize: 64,
    ...(type === 'uint8'
      ? {
          palette: new Map([
            [1, [250, 10, 20, 255]],
            [2, [0, 0, 255, 255]],
          ]),
        }
      : {}),
  });
  await writer.write({ window: { x: 0, y: 0, width, height }, bands });
  await writer.finish();
  const source = await openTiff(path);
  try {
    return await use(source);
  } finally {
    await source.close();
    rmSync(path);
  }
}

test('a class map in its colours, no data transparent, reduced to the size asked for', async () => {
  const map = new Uint8Array(300 * 200);
  for (let i = 0; i < map.length; i++) map[i] = i % 300 < 100 ? 1 : i % 300 < 200 ? 2 : 0;
  await withCog([map], 300, async (source) => {
    const full = decode((await classPicture(source)).png);
    expect([full.width, full.height, full.channels]).toEqual([300, 200, 4]);
    expect([...full.data.slice(0, 4)]).toEqual([250, 10, 20, 255]);
    expect([...full.data.slice(150 * 4, 150 * 4 + 4)]).toEqual([0, 0, 255, 255]);
    expect(full.data[299 * 4 + 3]).toBe(0);
    const small = await classPicture(source, { maxSize: 60 });
    expect([small.width, small.height]).toEqual([60, 40]);
    const path = join(folder, 'map.png');
    await writePreview(source.description.uri, path, { maxSize: 60 });
    expect(readFileSync(path).equals(small.png)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes('part'))).toEqual([]);
    const own = await classPicture(source, { palette: new Map([[1, [9, 9, 9, 255]]]) });
    expect([...decode(own.png).data.slice(0, 4)]).toEqual([9, 9, 9, 255]);
  });
});

test('a scene stretched between its 2nd and 98th percentile', async () => {
  const random = createRandom(1, 'scene');
  const bands = [0, 1, 2].map((band) =>
    Float32Array.from({ length: 90 * 70 }, (_, i) => (i === 5 ? 0 : 100 * band + random.normal())),
  );
  await withCog(bands, 90, async (source) => {
    const picture = await composite(source);
    expect(picture.bands).toEqual([2, 1, 0]);
    expect(picture.caption).toBe('Bands 3, 2, 1 as red, green, blue, stretched from 2 to 98 %');
    const { data } = decode(picture.png);
    expect(data[5 * 4 + 3]).toBe(0);
    bands.forEach((band, index) => {
      const sorted = Array.from(band)
        .filter((value) => value !== 0)
        .sort((a, b) => a - b);
      const at = (share: number): number => sorted[Math.round((sorted.length - 1) * share)]!;
      const [low, high] = [at(0.02), at(0.98)];
      for (const i of [0, 17, 300, 4000]) {
        const grey = 255 * Math.min(1, Math.max(0, (band[i]! - low) / (high - low)));
        expect(Math.abs(data[i * 4 + 2 - index]! - grey)).toBeLessThan(2);
      }
    });
    const grey = decode((await composite(source, 1024, { bands: [0] })).png).data;
    expect(grey[0]).toBe(grey[2]);
  });
});

test('values without a colour of their own: classes in the default colours, others transparent', async () => {
  const values = Float32Array.of(1, 2, 0.5, -1, 0, 1);
  await withCog([values], 3, async (source) => {
    const { signal } = new AbortController();
    const { data } = decode((await classPicture(source, { signal })).png);
    const alpha = [0, 1, 2, 3, 4, 5].map((i) => data[i * 4 + 3]);
    expect(alpha).toEqual([255, 255, 0, 0, 0, 255]);
    expect([...data.slice(0, 4)]).toEqual([...data.slice(20, 24)]);
    expect([...data.slice(0, 4)]).not.toEqual([...data.slice(4, 8)]);
    const cancelled = classPicture(source, { signal: AbortSignal.abort() });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
  });
});

test('a band of one value is grey, one without any is dark, and a pixel needs one of the three', async () => {
  const constant = new Float32Array(4).fill(7);
  const empty = new Float32Array(4);
  const rising = Float32Array.of(0, 1, 2, 3);
  await withCog([constant, empty, rising], 2, async (source) => {
    const { data } = decode((await composite(source, 1024, { bands: [0, 1, 2] })).png);
    // Of the rising band the first pixel is nodata.
    expect([...data.slice(0, 4)]).toEqual([128, 0, 0, 255]);
    expect([...data.slice(12, 16)]).toEqual([128, 0, 255, 255]);
    const named = {
      ...source,
      description: {
        ...source.description,
        bands: source.description.bands.map((one, i) => ({
          ...one,
          wavelengthNm: 450.4 + 100 * i,
        })),
      },
    };
    expect((await composite(named)).caption).toBe(
      'Bands 3, 2, 1 (650, 550, 450 nm) as red, green, blue, stretched from 2 to 98 %',
    );
  });
});

const band = (change: Partial<Band>): Band => ({
  name: '',
  type: 'uint16',
  scale: 1,
  offset: 0,
  ...change,
});

test('bands for red, green and blue', () => {
  const wavelengths = [442, 492, 560, 665, 704, 842].map((wavelengthNm) => band({ wavelengthNm }));
  expect(compositeBands(wavelengths)).toEqual([3, 2, 1]);
  const bad = wavelengths.map((one, i) => (i === 3 ? { ...one, bad: true } : one));
  expect(compositeBands(bad)).toEqual([4, 2, 1]);
  const names = ['B05', 'B04', 'B03', 'B02'].map((name) => band({ name }));
  expect(compositeBands(names)).toEqual([1, 2, 3]);
  const words = ['Red edge', 'Blue', 'Green', 'Red'].map((name) => band({ name }));
  expect(compositeBands(words)).toEqual([3, 2, 1]);
  expect(compositeBands(Array.from({ length: 3 }, () => band({ type: 'uint8' })))).toEqual([
    0, 1, 2,
  ]);
  expect(compositeBands(Array.from({ length: 5 }, () => band({})))).toEqual([2, 1, 0]);
  expect(compositeBands([band({}), band({})])).toEqual([0]);
  const infrared = Array.from({ length: 101 }, (_, i) => band({ wavelengthNm: 1000 + 10 * i }));
  expect(compositeBands(infrared)).toEqual([80, 50, 20]);
  // A spectrum of the visible and near infrared, from 400 to 1000 nm
  expect(compositeBands(Array.from({ length: 61 }, () => band({})))).toEqual([27, 16, 9]);
  expect(compositeBands(Array.from({ length: 4 }, () => band({ bad: true })))).toEqual([0]);
  // Jasper Ridge: 198 of AVIRIS' bands
  expect(compositeBands(Array.from({ length: 198 }, () => band({})))).toEqual([25, 15, 8]);
});
