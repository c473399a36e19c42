import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTiff, type TiffSource } from './openTiff.ts';
import { hasReferee, type LineProcess, startReferee } from './testing/childReader.ts';
import {
  imageFields,
  type WrittenDirectory,
  type WrittenField,
  type WrittenFile,
  writeTiff,
} from './testing/writeTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-odd-tiff-'));
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

/** Opens what was written, and hands out its first band; the pixels and masks must be rasterio's. */
async function read(
  file: WrittenFile,
  asGdal = true,
): Promise<{ scene: TiffSource; first: number[]; mask: number[] | undefined }> {
  writeFileSync(path, writeTiff(file).bytes);
  const scene = await openTiff(path);
  const { width, height } = scene.description.grid;
  const block = await scene.read({ window: { x: 0, y: 0, width, height } });
  await scene.close();
  if (referee !== undefined && asGdal) {
    const theirs = await referee.ask(path);
    const digests = block.bands.map((samples) => createHash('md5').update(samples).digest('hex'));
    expect(theirs?.error).toBeUndefined();
    expect(digests).toEqual(theirs!.digests);
    expect(scene.description.grid.transform ?? null).toEqual(theirs!.transform);
  }
  const mask = block.masks[0];
  return {
    scene,
    first: Array.from(block.bands[0]!, Number),
    mask: mask === undefined ? undefined : [...mask],
  };
}

const pixels = Uint8Array.of(1, 2, 3, 128, 0, 255, 7, 9);
const plain = imageFields({ width: 4, height: 2 });

/** An image of 4 × 2 bytes; fields given replace those of the same tag. */
function image(fields: readonly WrittenField[], block: Uint8Array = pixels): WrittenDirectory {
  const replaced = new Set(fields.map(({ tag }) => tag));
  return {
    fields: [...plain.filter(({ tag }) => !replaced.has(tag)), ...fields],
    blocks: [block],
  };
}

const viewOf = (bytes: Uint8Array<ArrayBuffer>): DataView => new DataView(bytes.buffer);

/** Where the 12 bytes of a field lie in a little-endian file. */
function entryOf(bytes: Uint8Array<ArrayBuffer>, directory: number, tag: number): number {
  let at = directory + 2;
  while (viewOf(bytes).getUint16(at, true) !== tag) at += 12;
  return at;
}

/** The file holds `pixels` for us and for rasterio. */
async function expectPixels(bytes: Uint8Array): Promise<void> {
  writeFileSync(path, bytes);
  const scene = await openTiff(path);
  const block = await scene.read({ window: { x: 0, y: 0, width: 4, height: 2 } });
  await scene.close();
  expect(block.bands).toEqual([pixels]);
  if (referee === undefined) return;
  const digest = createHash('md5').update(pixels).digest('hex');
  expect((await referee.ask(path))!.digests).toEqual([digest]);
}

const one = (tag: number, type: number, ...values: number[]): WrittenField => ({
  tag,
  type,
  values,
});
const text = (tag: number, values: string): WrittenField => ({ tag, type: 2, values });

describe('layouts that few writers use', () => {
  it('bits in reversed order', async () => {
    const { first } = await read({ directories: [image([one(266, 3, 2)])] });
    // 1 = 00000001 is stored where 10000000 = 128 is meant.
    expect(first).toEqual([128, 64, 192, 1, 0, 255, 224, 144]);
  });

  it.each([
    ['stored plainly', 1, pixels],
    ['deflated', 8, deflateSync(pixels)],
  ])('one strip of unknown length, %s', async (_, compression, block) => {
    const { bytes, offsets } = writeTiff({
      directories: [image([one(259, 3, compression)], block)],
    });
    // 280 is a field that nobody reads.
    viewOf(bytes).setUint16(entryOf(bytes, offsets[0]!, 279), 280, true);
    await expectPixels(bytes);
  });

  it('24-bit floats of both byte orders, infinity and the smallest among them', async () => {
    // Sign, 7 bits of exponent (bias 63), 16 of fraction.
    const values = [0x3f0000, 0xbf8000, 0x7f0000, 0xff0000, 0x000001, 0x800000, 0x404000, 0];
    for (const littleEndian of [true, false]) {
      const block = Uint8Array.from(
        values.flatMap((value) => {
          const bytes = [value & 255, (value >> 8) & 255, value >> 16];
          return littleEndian ? bytes : bytes.reverse();
        }),
      );
      const fields = imageFields({ width: 4, height: 2, bits: 24, format: 3 });
      const { first } = await read({ littleEndian, directories: [{ fields, blocks: [block] }] });
      expect(first).toEqual([1, -1.5, Infinity, -Infinity, 2 ** -78, -0, 2.5, 0]);
    }
  });

  it('a length of zero for the only strip', async () => {
    const { bytes, offsets } = writeTiff({ directories: [image([])] });
    viewOf(bytes).setUint32(entryOf(bytes, offsets[0]!, 279) + 8, 0, true);
    await expectPixels(bytes);
  });
});

describe('numbers of every field type', () => {
  const tie = one(33922, 12, 0, 0, 0, 500, 900, 0);
  it.each([
    ['bytes', 1, 2],
    ['shorts', 3, 300],
    ['longs', 4, 70_000],
    ['rationals', 5, 2.5],
    ['signed bytes', 6, 100],
    ['signed shorts', 8, 300],
    ['signed longs', 9, 70_000],
    ['signed rationals', 10, 2.5],
    ['floats', 11, 0.25],
    ['doubles', 12, 0.1],
    ['longs of 64 bits', 16, 70_000],
    ['signed longs of 64 bits', 17, 70_000],
  ])('a pixel size in %s', async (_, type, size) => {
    const bigTiff = type > 13;
    const { scene } = await read({
      bigTiff,
      directories: [image([one(33550, type, size, size, 0), tie])],
    });
    expect(scene.description.grid.transform).toEqual([500, size, 0, 900, 0, -size]);
  });

  it.each([
    ['half a tiepoint', [one(33550, 12, 2, 2, 0), one(33922, 12, 0, 0, 0)]],
    ['a matrix of nine', [one(34264, 12, 2, 0, 5, 0, -2, 5, 0, 0, 1)]],
    ['a pixel of no height', [one(33550, 12, 2, 0, 0), tie]],
  ])('%s is no georeference', async (_, fields) => {
    const { scene } = await read({ directories: [image(fields)] }, false);
    expect(scene.description.grid.transform).toBeUndefined();
  });
});

describe('further images of a file', () => {
  const half = (fields: readonly WrittenField[], change = {}): WrittenDirectory => ({
    fields: [...imageFields({ width: 2, height: 1, ...change }), ...fields],
    blocks: [Uint8Array.of(9, 8, 7, 6)],
  });

  it('are overviews by the old mark as by the new one, and pages of their own without', async () => {
    const { scene } = await read({
      directories: [image([]), half([one(255, 3, 2)]), half([one(255, 3, 1)]), half([])],
    });
    expect(scene.description.overviews).toEqual([{ width: 2, height: 1 }]);
  });

  it('that do not fit are no overviews: another type, more bands, larger', async () => {
    const reduced = one(254, 4, 1);
    const { scene } = await read(
      {
        directories: [
          image([]),
          half([reduced], { bits: 16 }),
          half([reduced], { samples: 2 }),
          { ...half([]), fields: [...imageFields({ width: 8, height: 1 }), reduced] },
        ],
      },
      false,
    );
    expect(scene.description.overviews).toEqual([]);
  });

  it('a list of sub-images may have empty places', async () => {
    const { scene, first } = await read({ directories: [image([one(330, 4, 0, 0)])] });
    expect(first).toEqual([...pixels]);
    expect(scene.description.overviews).toEqual([]);
  });

  it('a mask of another size is none, one of 64-bit samples is one', async () => {
    const mask = [one(254, 4, 4), one(262, 3, 4)];
    const other = await read({ directories: [image([]), half(mask)] }, false);
    expect(other.mask).toBeUndefined();
    const wide = imageFields({ width: 4, height: 2, bits: 64, photometric: 4 });
    const valid = new Uint8Array(BigUint64Array.of(1n, 0n, 1n, 1n, 0n, 1n, 1n, 255n).buffer);
    const fields = [...wide, one(254, 4, 4)];
    const same = await read({ directories: [image([]), { fields, blocks: [valid] }] }, false);
    expect(same.mask).toEqual([1, 0, 1, 1, 0, 1, 1, 1]);
  });
});

describe('colours', () => {
  it('of 8 bits in a colour map of 16 are taken as they stand', async () => {
    const values = Array.from({ length: 768 }, (_, i) => i % 256);
    const { scene } = await read({
      directories: [image([one(262, 3, 3), one(320, 3, ...values)])],
    });
    expect(scene.description.palette?.get(200)).toEqual([200, 200, 200, 255]);
  });
});

describe('metadata', () => {
  const described = (xml: string, more: readonly WrittenField[] = []): WrittenFile => ({
    directories: [image([text(42112, xml), ...more])],
  });
  const list = (...items: string[]): string => `<GDALMetadata>${items.join('')}</GDALMetadata>`;
  const item = (name: string, value: string, more = ''): string =>
    `<Item name="${name}"${more}>${value}</Item>`;

  it('a text needs no end mark', async () => {
    const whole = list(item('A', 'b'));
    const field = { ...text(42112, whole), rawCount: whole.length };
    const { scene } = await read({ directories: [image([field])] });
    expect(scene.description.metadata).toEqual({ A: 'b' });
  });

  it('in Latin-1 is read as such', async () => {
    const bytes = Buffer.from(list(item('A', 'Käse')), 'latin1');
    const { scene } = await read({ directories: [image([one(42112, 2, ...bytes, 0)])] });
    expect(scene.description.metadata).toEqual({ A: 'Käse' });
  });

  it('that is no XML counts as none', async () => {
    const { scene } = await read(described('<GDALMetadata><Item'));
    expect(scene.description.metadata).toEqual({});
  });

  it('items without a name or of no band are passed over', async () => {
    const xml = list(
      '<Item>x</Item>',
      item('SCALE', '3', ' sample="-1" role="scale"'),
      item('SCALE', '3', ' sample="x" role="scale"'),
      item('SCALE', '2', ' sample="0" role="scale"'),
    );
    const { scene } = await read(described(xml));
    expect(scene.description.bands[0]!.scale).toBe(2);
    expect(scene.description.metadata).toEqual({});
  });

  it.each([
    ['inf', Infinity],
    ['-inf', -Infinity],
    ['-1.#INF', -Infinity],
    ['1.#QNAN', Number.NaN],
    ['0.1', Math.fround(0.1)],
    ['none', undefined],
  ])('nodata %s of floats', async (word, value) => {
    const fields = imageFields({ width: 2, height: 1, bits: 32, format: 3 });
    const block = new Uint8Array(Float32Array.of(value ?? 0, 5).buffer);
    const { scene, mask } = await read(
      {
        directories: [{ fields: [...fields, text(42113, word)], blocks: [block] }],
      },
      false,
    );
    expect(scene.description.bands[0]!.nodata).toEqual(value);
    expect(mask).toEqual(value === undefined ? undefined : [0, 1]);
  });

  it('nodata that whole numbers cannot be is none', async () => {
    const { scene } = await read(described(list(), [text(42113, 'nan')]), false);
    expect(scene.description.bands[0]!.nodata).toBeUndefined();
    const fields = [...imageFields({ width: 1, height: 1, bits: 64 }), text(42113, '0.5')];
    const wide = await read({ directories: [{ fields, blocks: [new Uint8Array(8)] }] }, false);
    expect(wide.mask).toBeUndefined();
  });

  it.each<[string, string[], object]>([
    [
      'micrometres by their size',
      [item('wavelength', '0.665', ' sample="0"')],
      { wavelengthNm: 665 },
    ],
    ['nanometres by their size', [item('wavelength', '665', ' sample="0"')], { wavelengthNm: 665 }],
    [
      'micrometres by name, width with them',
      [item('CENTRAL_WAVELENGTH_UM', '0.8', ' sample="0"'), item('FWHM_UM', '0.02', ' sample="0"')],
      { wavelengthNm: 800, fwhmNm: 20 },
    ],
    [
      'lists of the whole file',
      [
        item('wavelength', '{ 550.5, 600}'),
        item('fwhm', '{12,}'),
        item('bbl', '{0}'),
        item('Band_1', 'green'),
      ],
      { wavelengthNm: 550.5, fwhmNm: 12, bad: true, name: 'green' },
    ],
    [
      'words instead of numbers',
      [item('wavelength', 'red, blue'), item('fwhm', '{,}')],
      { name: 'band 1' },
    ],
  ])('wavelengths: %s', async (_, items, expected) => {
    const { scene } = await read(described(list(...items)));
    const { name, wavelengthNm, fwhmNm, bad } = scene.description.bands[0]!;
    expect({ name, wavelengthNm, fwhmNm, bad }).toEqual({
      ...{ name: 'band 1', wavelengthNm: undefined, fwhmNm: undefined, bad: undefined },
      ...expected,
    });
  });
});
