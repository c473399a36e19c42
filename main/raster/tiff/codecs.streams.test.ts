import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppError } from '../../../app/error.ts';
import { openTiff } from './openTiff.ts';
import { hasReferee, type LineProcess, startReferee } from './testing/childReader.ts';
import { constantJpeg, constantLerc, jpegTableSegments, webpChunk } from './testing/streams.ts';
import { imageFields, type WrittenField, writeTiff } from './testing/writeTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-streams-'));
const path = join(folder, 'scene.tif');
let referee: LineProcess | undefined;

beforeAll(() => {
  if (hasReferee) referee = startReferee();
  else console.warn('Not compared with rasterio: the Python referee is absent.');
});

afterAll(() => {
  referee?.stop();
  rmSync(folder, { recursive: true });
});

type Kind = Partial<Parameters<typeof imageFields>[0]>;

/** The only value of each band of an image of 16 × 16 that is stored as this one block. */
async function constants(
  block: Uint8Array,
  kind: Kind,
  more: readonly WrittenField[] = [],
): Promise<{ values: number[]; masks: (number | undefined)[] }> {
  const fields = [...imageFields({ width: 16, height: 16, ...kind }), ...more];
  writeFileSync(path, writeTiff({ directories: [{ fields, blocks: [block] }] }).bytes);
  const scene = await openTiff(path);
  const { bands, masks } = await scene
    .read({ window: { x: 0, y: 0, width: 16, height: 16 } })
    .finally(() => scene.close());
  const values = bands.map((band) => {
    expect(new Set<unknown>(band).size).toBe(1);
    return Number(band[0]);
  });
  return { values, masks: masks.map((mask) => mask?.[0]) };
}

/** Reads it with rasterio as well, which must see the same. */
async function checked(block: Uint8Array, kind: Kind, more: readonly WrittenField[] = []) {
  const ours = await constants(block, kind, more);
  if (referee !== undefined) {
    const theirs = await referee.ask(path);
    expect(theirs?.error).toBeUndefined();
    const one = (value: number): string =>
      createHash('md5').update(new Uint8Array(256).fill(value)).digest('hex');
    expect(theirs!.digests).toEqual(ours.values.map(one));
  }
  return ours.values;
}

const told = (code: AppError['code'], words: string) => ({
  code,
  message: expect.stringContaining(words) as string,
});

describe('JPEG blocks', () => {
  const grey: Kind = { compression: 7 };
  const tables = (segments: Iterable<number>): WrittenField => ({
    tag: 347,
    type: 7,
    values: [0xff, 0xd8, ...segments, 0xff, 0xd9, 0, 0],
  });

  it('of one component, and of three with and without a change of colours', async () => {
    expect(await checked(constantJpeg(), grey)).toEqual([160]);
    expect(await checked(constantJpeg({ frame: 0xc1 }), grey)).toEqual([160]);
    const three = constantJpeg({ components: 3 });
    const colour = { ...grey, samples: 3 };
    expect((await constants(three, { ...colour, photometric: 2 })).values).toEqual([160, 128, 128]);
    expect((await constants(three, { ...colour, photometric: 6 })).values).toEqual([160, 160, 160]);
  });

  it('with notes of programs and bytes to fill up', async () => {
    const before = [0xff, 0xe0, 0, 4, 1, 2, 0xff, 0xff, 0xfe, 0, 2];
    expect(await checked(constantJpeg({ before }), grey)).toEqual([160]);
  });

  it('with their tables in the header', async () => {
    const block = constantJpeg({ without: ['tables'] });
    expect(await checked(block, grey, [tables(jpegTableSegments)])).toEqual([160]);
  });

  it('a frame among the tables is not the one that is decoded', async () => {
    const huge = constantJpeg({ width: 60_000, height: 60_000 });
    const scan = huge.findIndex((byte, i) => byte === 0xff && huge[i + 1] === 0xda);
    const field = tables(huge.subarray(2, scan + 10));
    const before = process.memoryUsage().rss;
    expect((await constants(constantJpeg(), grey, [field])).values).toEqual([160]);
    // Decoded, it would take 3.6 GB.
    expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  });

  it.each([
    ['no start', constantJpeg({ without: ['start'] }), 'it is not a JPEG stream'],
    ['no frame', constantJpeg({ without: ['frame'] }), 'its JPEG stream has no frame'],
    ['no scan', constantJpeg({ without: ['scan'] }), 'its JPEG stream has no frame'],
    ['no tables', constantJpeg({ without: ['tables'] }), 'the decoder gave up'],
    ['bytes between segments', constantJpeg({ before: [1, 2] }), 'no marker where one is due'],
    ['a segment past the end', constantJpeg({ before: [0xff, 0xfe, 255, 255] }), 'ends early'],
    [
      'a segment shorter than its length',
      constantJpeg({ before: [0xff, 0xfe, 0, 1] }),
      'ends early',
    ],
    ['a lossless frame', constantJpeg({ frame: 0xc3 }), 'its kind of JPEG is not read'],
    [
      'half a frame',
      constantJpeg({ before: [0xff, 0xc0, 0, 4, 8, 0] }),
      'kind of JPEG is not read',
    ],
    ['65 scans', constantJpeg({ scans: 65 }), 'it has too many scans'],
    ['12 bits', constantJpeg({ precision: 12 }), '16 x 16 x 1, 12 bits where'],
    ['three components', constantJpeg({ components: 3 }), '16 x 16 x 3, 8 bits where'],
    ['fewer rows', constantJpeg({ height: 8 }), '16 x 8 x 1, 8 bits where 16 x 16 x 1'],
    ['more rows', constantJpeg({ height: 24 }), '16 x 24 x 1, 8 bits where 16 x 16 x 1'],
  ])('%s: refused as damaged', async (_, block, words) => {
    await expect(constants(block, grey)).rejects.toMatchObject(told('corrupt', words));
  });

  it('of kinds that others write are refused as not read, and not as damaged', async () => {
    await expect(constants(constantJpeg(), { ...grey, bits: 12 })).rejects.toMatchObject(
      told('unsupported', 'JPEG of 1 bands of 12 bits'),
    );
    const four = { ...grey, samples: 4 };
    await expect(constants(constantJpeg({ components: 4 }), four)).rejects.toMatchObject(
      told('unsupported', 'JPEG of 4 bands of 8 bits'),
    );
  });
});

describe('LERC blocks', () => {
  const size = { width: 16, height: 16 };
  const bytes: Kind = { compression: 34887 };
  const floats: Kind = { ...bytes, bits: 32, format: 3 };
  const parameters = (...values: number[]): WrittenField => ({ tag: 50674, type: 4, values });
  const five = constantLerc({ ...size, type: 1, value: 5 });
  const none = constantLerc({ ...size, type: 1, value: undefined });

  it('of one value, and of none: 0, or NaN for floats', async () => {
    const plain = [parameters(4, 0)];
    expect(await checked(five, bytes, plain)).toEqual([5]);
    expect((await constants(none, bytes, plain)).values).toEqual([0]);
    for (const missing of [[], [parameters(4)]])
      expect((await constants(five, bytes, missing)).values).toEqual([5]);
    const half = constantLerc({ ...size, type: 6, value: 2.5 });
    expect(await constants(half, floats)).toEqual({ values: [2.5], masks: [undefined] });
    const empty = constantLerc({ ...size, type: 6, value: undefined });
    expect(await constants(empty, floats)).toEqual({ values: [Number.NaN], masks: [0] });
  });

  it('of bands one after the other, each with its own mask', async () => {
    const both = Uint8Array.from([...five, ...none]);
    expect((await constants(both, { ...bytes, samples: 2 })).values).toEqual([5, 0]);
  });

  it('in zstd', async () => {
    expect(await checked(zstdCompressSync(five), bytes, [parameters(4, 2)])).toEqual([5]);
  });

  it.each([
    ['another width', constantLerc({ width: 8, height: 16, type: 1, value: 5 }), '8 x 16 pixels'],
    ['fewer rows', constantLerc({ width: 16, height: 8, type: 1, value: 5 }), '16 x 8 pixels'],
    ['more rows', constantLerc({ width: 16, height: 32, type: 1, value: 5 }), '16 x 32 pixels'],
    [
      'another type',
      constantLerc({ ...size, type: 3, value: 5 }),
      '1 bands of type uint16, not 1 of type uint8',
    ],
    ['two bands', Uint8Array.from([...five, ...five]), '2 bands of type uint8, not 1'],
  ])('%s: refused as damaged', async (_, block, words) => {
    await expect(constants(block, bytes)).rejects.toMatchObject(told('corrupt', words));
  });

  it('of an unknown compression: refused', async () => {
    await expect(constants(five, bytes, [parameters(4, 3)])).rejects.toMatchObject(
      told('corrupt', 'name an unknown compression 3'),
    );
  });
});

describe('WebP blocks', () => {
  const colour: Kind = { compression: 50001, samples: 3, photometric: 2 };
  const extended = (width: number, height: number): Uint8Array =>
    webpChunk('VP8X', 0, 0, 0, 0, width - 1, 0, 0, height - 1, 0, 0);

  it.each([
    ['no container', new Uint8Array(64), 'it is not a WebP stream'],
    ['a few bytes', new Uint8Array(6), 'it is not a WebP stream'],
    ['another chunk', webpChunk('ICCP'), 'it is not a WebP stream'],
    ['more columns', extended(32, 16), 'it holds 32 x 16 pixels, not 16 x 16'],
    ['fewer rows', extended(16, 8), 'it holds 16 x 8 pixels, not 16 x 16'],
    ['more rows', extended(16, 32), 'it holds 16 x 32 pixels, not 16 x 16'],
    ['a header and nothing else', extended(16, 16), 'its WebP data are invalid'],
  ])('%s: refused as damaged', async (_, block, words) => {
    await expect(constants(block, colour)).rejects.toMatchObject(told('corrupt', words));
  });

  it('for one band, or for 16 bits: refused', async () => {
    for (const kind of [{ samples: 1 }, { bits: 16 }]) {
      await expect(constants(extended(16, 16), { ...colour, ...kind })).rejects.toMatchObject(
        told('corrupt', 'WebP holds 3 or 4 bands of 8 bits'),
      );
    }
  });
});
