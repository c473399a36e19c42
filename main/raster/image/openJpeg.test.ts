import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../../app/raster/grid.ts';
import type { RasterBlock } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import { comparePixels } from '../scenes/testing/comparePixels.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { noReferee, Referee } from '../scenes/testing/referee.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());
const save = (bytes: Uint8Array): string => folder.save(bytes, '.jpg');

async function read(path: string): Promise<RasterBlock> {
  const source = await openScene(path);
  try {
    return await source.read({ window: wholeWindow(source.description.grid) });
  } finally {
    await source.close();
  }
}

/** The beginning of a JPEG with a frame of this size, and nothing behind it. */
function frame(width: number, height: number): Buffer {
  const bytes = Buffer.from('ffd8ffc0000b08000000000101110000', 'hex');
  bytes.writeUInt16BE(height, 7);
  bytes.writeUInt16BE(width, 9);
  return bytes;
}

describe('headers of JPEG', () => {
  it.each([
    ['no width', frame(0, 7), 'its size is 0 × 7'],
    ['no height', frame(7, 0), 'its size is 7 × 0'],
    ['a huge image in a tiny file', frame(20_000, 20_000), 'far fewer pixels than it declares'],
    ['a frame cut short', frame(7, 7).subarray(0, 9), 'it is cut short'],
    ['pixels before a frame', Buffer.from('ffd8ffda000401020000', 'hex'), 'it has no frame'],
    ['an end before a frame', Buffer.from('ffd8ffd9000401020000', 'hex'), 'it has no frame'],
    ['a segment without a length', Buffer.from('ffd8ffe0000101020000', 'hex'), 'it has no frame'],
    ['a segment past the end', Buffer.from('ffd8ffe0ffff01020000', 'hex'), 'it has no frame'],
    ['nothing but the beginning', Buffer.from('ffd8ff', 'hex'), 'it has no frame'],
    ['no marker behind a segment', Buffer.from('ffd8ffe0000400000102030405', 'hex'), 'a marker'],
  ])('%s: refused', async (_, bytes, found) => {
    const error = await errorOf(read(save(bytes)));
    expect([error.code, error.message.includes(found)]).toEqual(['corrupt', true]);
  });
});

describe.skipIf(noReferee !== undefined)(`JPEG beside rasterio ${noReferee ?? ''}`, () => {
  let referee: Referee;
  let whole: Buffer;
  beforeAll(async () => {
    referee = new Referee();
    const path = join(folder.path, 'whole.jpg');
    const profile = { driver: 'JPEG', dtype: 'uint8', count: 1, width: 60, height: 40 };
    await referee.must({ do: 'write', path, profile });
    whole = readFileSync(path);
  });
  afterAll(() => referee.stop());

  it('bytes that fill up before a marker', async () => {
    const second = 4 + whole.readUInt16BE(4);
    const fill = Buffer.of(0xff, 0xff, 0xff);
    const filled = [whole.subarray(0, second), fill, whole.subarray(second)];
    await comparePixels(referee, save(Buffer.concat(filled)));
  });

  it('more scans than an image has are refused before they are decoded', async () => {
    const scans = Buffer.concat(Array<Buffer>(101).fill(Buffer.of(0xff, 0xda)));
    const many = Buffer.concat([whole.subarray(0, -2), scans, whole.subarray(-2)]);
    const error = await errorOf(read(save(many)));
    expect([error.code, error.message.includes('more than 100 scans')]).toEqual(['corrupt', true]);
  });

  it('what the decoder cannot decode is refused, and the next image is decoded', async () => {
    const broken = Buffer.from(whole);
    const scan = broken.indexOf('ffda', 0, 'hex');
    broken.fill(0xff, scan + 4, scan + 10);
    const error = await errorOf(read(save(broken)));
    expect(error.code).toBe('corrupt');
    expect(error.message).toMatch(/is a damaged JPEG: .+\. Copy or download it again\.$/);
    await comparePixels(referee, join(folder.path, 'whole.jpg'));
  });
});
