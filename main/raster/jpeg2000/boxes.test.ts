import { describe, expect, it } from 'vitest';
import { memorySource } from '../scenes/memorySource.ts';
import { errorOf } from '../scenes/testing/files.ts';
import { type Jp2Boxes, readBoxes } from './boxes.ts';

/** A box of ISO/IEC 15444-1 annex I. */
function box(type: string, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.length + 8);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, content]);
}

const text = (content: string): Buffer => Buffer.from(content, 'utf8');
const signature = box('jP  ', Buffer.from('0d0a870a', 'hex'));
const codestream = box('jp2c', Buffer.from('ff4fff51', 'hex'));
const read = (...boxes: readonly Uint8Array[]): Promise<Jp2Boxes> =>
  readBoxes(memorySource('scene.jp2', Buffer.concat([signature, ...boxes])));

describe('boxes of a JP2 file', () => {
  it('the codestream, in a box with a length of 32 bits, of 64 bits, or to the end of the file', async () => {
    const short = Buffer.from(codestream);
    const long = Buffer.concat([
      codestream.subarray(0, 8),
      Buffer.alloc(8),
      codestream.subarray(8),
    ]);
    long.writeUInt32BE(1);
    long.writeBigUInt64BE(20n, 8);
    const open = Buffer.from(codestream);
    open.writeUInt32BE(0);
    expect((await read(short)).codestream).toEqual({ offset: 20, length: 4 });
    expect((await read(long)).codestream).toEqual({ offset: 28, length: 4 });
    expect((await read(open)).codestream).toEqual({ offset: 20, length: 4 });
    const cut = Buffer.from(codestream);
    cut.writeUInt32BE(900);
    expect((await read(cut)).codestream).toEqual({ offset: 20, length: 4 });
    const bare = codestream.subarray(8);
    expect((await readBoxes(memorySource('a.j2k', bare))).codestream).toEqual({
      offset: 0,
      length: 4,
    });
  });

  it('GML of the association of that name, not other XML', async () => {
    const grid = '<a><gml:RectifiedGrid/></a>';
    const labelled = (label: string, xml: string): Buffer =>
      box('asoc', box('lbl ', text(label)), box('xml ', text(xml)));
    const gml = box('asoc', box('lbl ', text('gml.data\0')), labelled('gml.root-instance', grid));
    expect((await read(gml, codestream)).gml).toBe(grid);
    expect((await read(box('xml ', text(grid)), codestream)).gml).toBeUndefined();
    const other = labelled('gml.root-instance', '<a><b/></a>');
    expect((await read(other, codestream)).gml).toBeUndefined();
    expect((await read(other, gml, codestream)).gml).toBe(grid);
  });

  it('the one-pixel GeoTIFF of the box with that identifier', async () => {
    const id = Buffer.from('b14bf8bd083d4b43a5ae8cd7d5a6ce03', 'hex');
    const other = box('uuid', Buffer.alloc(16, 7), text('something'));
    expect((await read(other, codestream)).geoTiff).toBeUndefined();
    expect((await read(box('uuid', id), codestream)).geoTiff).toBeUndefined();
    const found = await read(other, box('uuid', id, text('II*')), codestream);
    expect(Buffer.from(found.geoTiff!).toString()).toBe('II*');
  });

  it('colours of 3 or 4 columns of 8 bits; other palettes are passed over', async () => {
    const palette = async (...bytes: number[]): Promise<unknown> => {
      const found = await read(box('jp2h', box('pclr', Buffer.from(bytes))), codestream);
      return found.palette && [...found.palette];
    };
    expect(await palette(0, 2, 3, 7, 7, 7, 9, 8, 7, 1, 2, 3)).toEqual([
      [0, [9, 8, 7, 255]],
      [1, [1, 2, 3, 255]],
    ]);
    expect(await palette(0, 1, 4, 7, 7, 7, 7, 9, 8, 7, 128)).toEqual([[0, [9, 8, 7, 128]]]);
    for (const bytes of [
      [0, 1],
      [0, 1, 1, 7, 9],
      [0, 1, 5, 7, 7, 7, 7, 7, 1, 2, 3, 4, 5],
      [0, 2, 3, 7, 7, 7, 9, 8, 7],
      [0, 1, 3, 7, 11, 7, 9, 8, 7],
    ]) {
      expect(await palette(...bytes), bytes.join()).toBeUndefined();
    }
  });

  it.each([
    ['no codestream', box('jp2h'), 'it holds no codestream'],
    ['a box that ends past the file', Buffer.from('0000ffff6a703268', 'hex'), 'its box "jp2h"'],
    ['a box shorter than its head', Buffer.from('000000046a703268', 'hex'), 'its box "jp2h"'],
    ['a long box without its length', Buffer.from('000000016a703268', 'hex'), 'its box "jp2h"'],
    [
      'boxes without end',
      Buffer.concat(Array(4096).fill(box('free'))),
      'it has more than 4096 boxes',
    ],
  ])('%s: refused', async (_, boxes, found) => {
    const error = await errorOf(read(boxes));
    expect(error.code).toBe('corrupt');
    expect(error.message).toContain(`scene.jp2 is a damaged JPEG 2000 file: ${found}`);
  });

  it('boxes within boxes are followed a few steps, not for ever', async () => {
    let nested = codestream;
    for (let i = 0; i < 8; i++) nested = box('asoc', nested);
    expect((await read(nested)).codestream.length).toBe(4);
    expect((await errorOf(read(box('asoc', nested)))).message).toContain('no codestream');
  });

  it('metadata too large to be metadata are refused before they are read', async () => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(2 ** 24 + 100);
    head.write('uuid', 4);
    const error = await errorOf(read(head, Buffer.alloc(2 ** 24 + 92)));
    expect(error.code).toBe('too-large');
    expect(error.message).toContain('Convert it to GeoTIFF');
  });
});
