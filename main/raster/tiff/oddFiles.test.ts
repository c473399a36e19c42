import { writeFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openTiff } from './openTiff.ts';
import {
  besideRasterio,
  entryOf,
  expectPixels,
  image,
  one,
  path,
  pixels,
  plain,
  read,
  text,
  viewOf,
} from './testing/oddScene.ts';
import {
  imageFields,
  type WrittenDirectory,
  type WrittenField,
  type WrittenFile,
  writeTiff,
} from './testing/writeTiff.ts';

besideRasterio();

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

  it('bits without a word on how many', async () => {
    const fields = plain.filter(({ tag }) => tag !== 258 && tag !== 339);
    const { first } = await read({
      directories: [{ fields, blocks: [Uint8Array.of(0b10110000, 0b01010000)] }],
    });
    expect(first).toEqual([1, 0, 1, 1, 0, 1, 0, 1]);
  });

  it('uneven lengths of plain strips, which old writers got wrong', async () => {
    const rows = [Uint8Array.of(1, 2, 3, 4), Uint8Array.of(5, 6), Uint8Array.of(7, 8, 9, 10)];
    const fields = imageFields({ width: 4, height: 3, rowsPerStrip: 1 });
    const { first } = await read({ directories: [{ fields, blocks: rows }] });
    // As libtiff does, the strips are taken to be whole rows from where they begin.
    expect(first).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 7, 8, 9, 10]);
  });

  it('a single strip that was never written', async () => {
    const fields = [...plain, one(273, 4, 0), one(279, 4, 0), text(42113, '6')];
    const { first, mask } = await read({ directories: [{ fields, blocks: [] }] });
    expect(first).toEqual(new Array(8).fill(6));
    expect(mask).toEqual(new Array(8).fill(0));
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

  it('without a value where the kind is stated are pages of their own', async () => {
    const { scene } = await read({ directories: [image([]), half([one(254, 4)])] });
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

describe('requests', () => {
  const rgba = imageFields({ width: 2, height: 1, samples: 4, photometric: 2 });
  const file: WrittenFile = {
    directories: [
      { fields: [...rgba, one(338, 3, 2)], blocks: [Uint8Array.of(1, 2, 3, 0, 4, 5, 6, 255)] },
    ],
  };
  const window = { x: 0, y: 0, width: 2, height: 1 };

  it('for one colour are masked by the alpha that nobody asked for', async () => {
    writeFileSync(path, writeTiff(file).bytes);
    const scene = await openTiff(path);
    const { bands, masks } = await scene.read({ window, bands: [1] });
    await scene.close();
    expect(bands).toEqual([Uint8Array.of(2, 5)]);
    expect(masks).toEqual([Uint8Array.of(0, 1)]);
  });

  it('for no band or no pixels are refused', async () => {
    writeFileSync(path, writeTiff(file).bytes);
    const scene = await openTiff(path);
    await expect(scene.read({ window, bands: [] })).rejects.toMatchObject({
      code: 'bands-mismatch',
      message: expect.stringContaining('band index none') as string,
    });
    for (const size of [
      { width: 0, height: 1 },
      { width: 1, height: 0 },
      { width: 1.5, height: 1 },
    ]) {
      await expect(scene.read({ window, size })).rejects.toMatchObject({ code: 'usage' });
    }
    await scene.close();
  });

  it('are masked where the file masks and where there is no number', async () => {
    const floats = new Uint8Array(Float32Array.of(1, Number.NaN, 3, 4).buffer);
    const masking = imageFields({ width: 4, height: 1, photometric: 4 });
    const { mask } = await read(
      {
        directories: [
          { fields: imageFields({ width: 4, height: 1, bits: 32, format: 3 }), blocks: [floats] },
          { fields: [...masking, one(254, 4, 4)], blocks: [Uint8Array.of(255, 255, 0, 255)] },
        ],
      },
      false,
    );
    expect(mask).toEqual([1, 0, 0, 1]);
  });
});
