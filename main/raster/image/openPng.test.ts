import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../../app/raster/grid.ts';
import type { RasterBlock } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import { comparePixels } from '../scenes/testing/comparePixels.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { noReferee, Referee } from '../scenes/testing/referee.ts';
import { pngChunk as chunk } from './testing/pngFile.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** 4 × 2 pixels of 8 bits: rows 1 2 3 4 and 5 6 7 8 where nothing else is said. */
const rows = Buffer.from([0, 1, 2, 3, 4, 0, 5, 6, 7, 8]);
const data = (lines: Uint8Array = rows): Buffer => chunk('IDAT', deflateSync(lines));

/** Writes a PNG of these chunks behind its header; returns its path. */
function save(colour: number, chunks: readonly Buffer[], depth = 8): string {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(4);
  header.writeUInt32BE(2, 4);
  header.set([depth, colour], 8);
  const signature = Buffer.from('89504e470d0a1a0a', 'hex');
  const end = chunk('IEND', Buffer.alloc(0));
  return folder.save(Buffer.concat([signature, chunk('IHDR', header), ...chunks, end]), '.png');
}

async function read(path: string): Promise<RasterBlock> {
  const source = await openScene(path);
  try {
    return await source.read({ window: wholeWindow(source.description.grid) });
  } finally {
    await source.close();
  }
}

describe('damaged PNG', () => {
  const colours = chunk('PLTE', Buffer.from([9, 8, 7, 1, 2, 3]));
  const wrong = data();
  wrong[10]! ^= 1;
  const bomb = deflateSync(Buffer.alloc(2 ** 20));
  const pieces = Array.from({ length: 4 }, (_, i) => {
    const size = Math.ceil(bomb.length / 4);
    return chunk('IDAT', bomb.subarray(i * size, (i + 1) * size));
  });
  const cases: readonly (readonly [name: string, path: string, found: string])[] = [
    ['no palette', save(3, [data()]), 'it has no palette'],
    ['a palette behind the pixels', save(3, [data(), colours]), 'it has no palette'],
    ['an empty palette', save(3, [chunk('PLTE', Buffer.alloc(0)), data()]), 'has 0 bytes'],
    ['257 colours', save(3, [chunk('PLTE', Buffer.alloc(771)), data()]), 'has 771 bytes'],
    ['a colour of two parts', save(3, [chunk('PLTE', Buffer.alloc(5)), data()]), 'has 5 bytes'],
    ['pixels with a gap', save(0, [data(), chunk('tEXt', Buffer.alloc(3)), data()]), 'interrupted'],
    ['a wrong checksum', save(0, [wrong]), 'a checksum does not agree'],
    ['pixels that are not compressed', save(0, [chunk('IDAT', rows)]), 'cannot be decompressed'],
    [
      'an unknown filter',
      save(0, [data(Buffer.from(rows).fill(5, 5, 6))]),
      'line 2 has an unknown',
    ],
    ['far more pixels, in pieces', save(0, pieces), 'more pixels than it declares'],
  ];
  it.each(cases)('%s', async (_, path, found) => {
    const error = await errorOf(read(path));
    expect([error.code, error.message.includes(found)]).toEqual(['corrupt', true]);
    expect(error.message).toContain(path);
  });

  it('a transparency too short for its colour says nothing', async () => {
    const source = await openScene(save(0, [chunk('tRNS', Buffer.of(3)), data()]));
    expect(source.description.bands[0]).not.toHaveProperty('nodata');
    await source.close();
  });
});

describe.skipIf(noReferee !== undefined)(`beside rasterio ${noReferee ?? ''}`, () => {
  let referee: Referee;
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => referee.stop());

  const colours = chunk('PLTE', Buffer.from(Array.from({ length: 30 }, (_, i) => i * 8)));
  it.each([
    ['a grey value that is transparent', 0, [chunk('tRNS', Buffer.of(0, 3)), data()], '3'],
    [
      'one transparent colour of a palette',
      3,
      [colours, chunk('tRNS', Buffer.of(255, 0)), data()],
      '1',
    ],
    ['two faint colours', 3, [colours, chunk('tRNS', Buffer.of(9, 128)), data()], undefined],
    ['one faint colour', 3, [colours, chunk('tRNS', Buffer.of(255, 128)), data()], undefined],
    ['a palette alone', 3, [colours, data()], undefined],
    ['pixels in two chunks', 0, [...halves()], undefined],
  ] as const)('%s', async (_, colour, chunks, nodata) => {
    const path = save(colour, chunks);
    const facts = await comparePixels(referee, path);
    const source = await openScene(path);
    const stated = source.description.bands[0]!.nodata;
    expect(stated === undefined ? undefined : String(stated)).toBe(nodata);
    if (nodata !== undefined) expect(Number(facts.nodata[0])).toBe(stated);
    await source.close();
  });
});

function halves(): Buffer[] {
  const packed = deflateSync(rows);
  return [chunk('IDAT', packed.subarray(0, 5)), chunk('IDAT', packed.subarray(5))];
}
