import { describe, expect, it } from 'vitest';
import { memorySource } from '../scenes/memorySource.ts';
import { errorOf } from '../scenes/testing/files.ts';
import { type Codestream, readCodestream, readTileParts, type TileParts } from './codestream.ts';

/** A marker segment of ISO/IEC 15444-1 annex A. */
function segment(code: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(code);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([head, content]);
}

/** SIZ of 40 × 30 pixels in tiles of 20 × 30. */
function siz(components: readonly (readonly [depth: number, x: number, y: number])[]): Buffer {
  const content = Buffer.alloc(36 + 3 * components.length);
  [40, 30, 0, 0, 20, 30, 0, 0].forEach((value, i) => content.writeUInt32BE(value, 2 + 4 * i));
  content.writeUInt16BE(components.length, 34);
  content.set(components.flat(), 36);
  return segment(0xff51, content);
}

const soc = Buffer.of(0xff, 0x4f);
const eoc = Buffer.of(0xff, 0xd9);
const size = siz([[7, 1, 1]]);
const cod = (levels: number): Buffer =>
  segment(0xff52, Buffer.of(0, 0, 0, 1, 0, levels, 4, 4, 0, 1));
const comment = segment(0xff64, Buffer.from('written by a test'));

/** A tile-part of `length` bytes as it says itself; it has 16. */
function tilePart(tile: number, length = 16): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16BE(0xff90);
  bytes.writeUInt16BE(10, 2);
  bytes.writeUInt16BE(tile, 4);
  bytes.writeUInt32BE(length, 6);
  bytes.writeUInt16BE(0xff93, 12);
  return bytes;
}

const open = (...parts: readonly Uint8Array[]): Promise<Codestream> => {
  const bytes = Buffer.concat(parts);
  return readCodestream(memorySource('scene.j2k', bytes), { offset: 0, length: bytes.length });
};

async function tileParts(...parts: readonly Uint8Array[]): Promise<TileParts> {
  const bytes = Buffer.concat([soc, size, cod(5), ...parts]);
  const source = memorySource('scene.j2k', bytes);
  const stream = await readCodestream(source, { offset: 0, length: bytes.length });
  return readTileParts(source, stream);
}

describe('the main header of a codestream', () => {
  it('says size, tiles, components and resolutions; comments are left out of what a tile needs', async () => {
    const three = siz([
      [7, 1, 1],
      [0x8b, 2, 1],
      [15, 1, 2],
    ]);
    const stream = await open(soc, three, comment, cod(5), tilePart(0));
    expect(stream).toMatchObject({ x1: 40, y1: 30, tilesAcross: 2, tilesDown: 1, levels: 5 });
    expect(stream.components).toEqual([
      { bits: 8, signed: false, stepX: 1, stepY: 1 },
      { bits: 12, signed: true, stepX: 2, stepY: 1 },
      { bits: 16, signed: false, stepX: 1, stepY: 2 },
    ]);
    expect(stream.segments.map((bytes) => Buffer.from(bytes))).toEqual([cod(5)]);
  });

  const other = segment(0xff5c, Buffer.alloc(1));
  const cases: readonly (readonly [name: string, parts: readonly Buffer[], found: string])[] = [
    ['another beginning', [eoc, size, cod(5)], 'does not begin with SOC'],
    ['nothing behind the beginning', [soc], 'ends within the main header'],
    ['no tile', [soc, size, cod(5)], 'ends within the main header'],
    ['what is no marker', [soc, size, Buffer.alloc(8)], 'its main header does not end'],
    ['a segment without content', [soc, Buffer.from('ff640001ff90', 'hex')], 'does not end'],
    ['a segment past the end', [soc, Buffer.from('ff64ffffff90', 'hex')], 'does not end'],
    ['segments without end', [soc, ...Array<Buffer>(8193).fill(other), size], 'does not end'],
    ['no size', [soc, cod(5), tilePart(0)], 'lacks the size or the coding style'],
    ['no coding style', [soc, size, tilePart(0)], 'lacks the size or the coding style'],
    ['more resolutions than there can be', [soc, size, cod(33), tilePart(0)], 'lacks the size'],
    ['a short size', [soc, segment(0xff51, Buffer.alloc(30)), cod(5), tilePart(0)], 'too short'],
    ['no component', [soc, siz([]), cod(5), tilePart(0)], 'too short'],
  ];
  it.each(cases)('%s: refused', async (_, parts, found) => {
    const error = await errorOf(open(...parts));
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain('scene.j2k is a damaged JPEG 2000 file');
    expect(error.message).toContain(found);
  });

  it.each([0, 2])('a size for 1 component that says it is for %i: refused', async (count) => {
    const lying = Buffer.from(size);
    lying.writeUInt16BE(count, 38);
    const error = await errorOf(open(soc, lying, cod(5), tilePart(0)));
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain('lists no components');
  });

  it('packet headers kept apart are refused with a cure', async () => {
    const error = await errorOf(open(soc, size, segment(0xff60, Buffer.alloc(4)), tilePart(0)));
    expect(error.code).toBe('unsupported');
    expect(error.message).toContain('Convert it to GeoTIFF');
  });
});

describe('tile-parts', () => {
  it('are found by tile, in any order, to the end marker or the end of the file', async () => {
    const first = 2 + size.length + cod(5).length;
    const at = (i: number): object => ({ offset: first + 16 * i, length: 16 });
    const expected = [
      [1, [at(0), at(2)]],
      [0, [at(1)]],
    ];
    const parts = [tilePart(1), tilePart(0), tilePart(1)];
    expect([...(await tileParts(...parts, eoc))]).toEqual(expected);
    expect([...(await tileParts(...parts))]).toEqual(expected);
    const open = await tileParts(tilePart(1), tilePart(0), tilePart(1, 0), eoc);
    expect(open.get(1)![1]).toEqual({ offset: first + 32, length: 18 });
  });

  it.each([
    ['a tile that is not of the image', [tilePart(2), eoc], 'tile 3 of 2'],
    ['a length past the end', [tilePart(0, 400), eoc], 'ends past the end'],
    ['a length shorter than the head', [tilePart(0, 12), eoc], 'ends past the end'],
    ['something else behind a tile', [tilePart(0), comment], 'what follows a tile is none'],
    ['a head cut short', [tilePart(0), tilePart(1).subarray(0, 8)], 'it is cut short'],
  ])('%s: refused', async (_, parts, found) => {
    const error = await errorOf(tileParts(...parts));
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain(found);
  });
});
