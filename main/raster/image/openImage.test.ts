import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encode } from 'fast-png';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { wholeWindow } from '../../../app/raster/grid.ts';
import type { RasterBlock } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import {
  digest,
  noReferee,
  noSharedData,
  Referee,
  type RefereeFacts,
  sharedData,
} from '../scenes/testing/referee.ts';
import { pngChunk as chunk } from './testing/pngFile.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

async function readAll(path: string): Promise<RasterBlock> {
  const source = await openScene(path);
  try {
    return await source.read({ window: wholeWindow(source.description.grid) });
  } finally {
    await source.close();
  }
}

function png(
  header: { width: number; height: number; depth: number; colour: number; interlace?: number },
  pixels: Uint8Array,
  extra: readonly Buffer[] = [],
): Buffer {
  const ihdr = Buffer.alloc(13);
  ihdr.writeUInt32BE(header.width);
  ihdr.writeUInt32BE(header.height, 4);
  ihdr.set([header.depth, header.colour, 0, 0, header.interlace ?? 0], 8);
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', ihdr),
    ...extra,
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function save(name: string, content: Uint8Array): string {
  const path = join(folder.path, name);
  writeFileSync(path, content);
  return path;
}

describe('PNG', () => {
  it('whatever another encoder writes', async () => {
    const shape = fc.record({
      width: fc.integer({ min: 1, max: 20 }),
      height: fc.integer({ min: 1, max: 20 }),
      channels: fc.integer({ min: 1, max: 4 }),
      depth: fc.constantFrom(8 as const, 16 as const),
      seed: fc.integer(),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ width, height, channels, depth, seed }) => {
        const data =
          depth === 8
            ? new Uint8Array(width * height * channels)
            : new Uint16Array(width * height * channels);
        let state = seed >>> 0;
        for (let i = 0; i < data.length; i++) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
          data[i] = state >>> 12;
        }
        const block = await readAll(
          save('any.png', encode({ width, height, channels, depth, data })),
        );
        expect(block.bands).toHaveLength(channels);
        block.bands.forEach((band, b) => {
          expect(Array.from(band, Number)).toEqual(
            Array.from({ length: width * height }, (_, i) => data[i * channels + b]),
          );
        });
      }),
      { numRuns: 60, seed: 2 },
    );
  });

  it('1, 2 and 4 bits as values, palette as classes with colours', async () => {
    const lines = Buffer.from([0, 0b10110000, 0, 0b01010000]);
    const path = save(
      'bits.png',
      png({ width: 4, height: 2, depth: 1, colour: 0 }, deflateSync(lines)),
    );
    expect([...(await readAll(path)).bands[0]!]).toEqual([1, 0, 1, 1, 0, 1, 0, 1]);
    const colours = [
      chunk('PLTE', Buffer.from([9, 8, 7, 1, 2, 3])),
      chunk('tRNS', Buffer.from([0])),
    ];
    const palette = save(
      'palette.png',
      png({ width: 4, height: 2, depth: 1, colour: 3 }, deflateSync(lines), colours),
    );
    const source = await openScene(palette);
    expect(source.description.palette?.get(0)).toEqual([9, 8, 7, 0]);
    expect(source.description.palette?.get(1)).toEqual([1, 2, 3, 255]);
    await source.close();
  });

  it('bombs, lies and truncation are refused', async () => {
    const zeros = deflateSync(Buffer.alloc(2 ** 24));
    const huge = save(
      'huge.png',
      png({ width: 100_000, height: 100_000, depth: 8, colour: 2 }, zeros),
    );
    expect((await errorOf(readAll(huge))).code).toBe('too-large');
    const lying = save(
      'lying.png',
      png({ width: 20_000, height: 20_000, depth: 8, colour: 0 }, Buffer.alloc(100)),
    );
    expect((await errorOf(readAll(lying))).code).toBe('corrupt');
    const bomb = save('bomb.png', png({ width: 4, height: 4, depth: 8, colour: 0 }, zeros));
    const error = await errorOf(readAll(bomb));
    expect([error.code, error.message.includes('more pixels')]).toEqual(['corrupt', true]);
    const few = save(
      'few.png',
      png({ width: 9, height: 9, depth: 8, colour: 0 }, deflateSync(Buffer.alloc(40))),
    );
    expect((await errorOf(readAll(few))).code).toBe('corrupt');
    for (const [width, height, depth, colour] of [
      [0, 4, 8, 0],
      [4, 4, 3, 0],
      [4, 4, 8, 5],
      [4, 4, 16, 3],
    ] as const) {
      const path = save('odd.png', png({ width, height, depth, colour }, zeros));
      expect((await errorOf(readAll(path))).code).toBe('corrupt');
    }
    const whole = Buffer.from(
      encode({
        width: 20,
        height: 20,
        channels: 3,
        data: new Uint8Array(1200).map((_, i) => i * 37),
      }),
    );
    for (let length = 1; length < whole.length; length += 7) {
      const code = (await errorOf(readAll(save('cut.png', whole.subarray(0, length))))).code;
      expect(['corrupt', 'unknown-format']).toContain(code);
    }
  });

  it('changed bytes give pixels or one plain error', async () => {
    const whole = Buffer.from(
      encode({
        width: 20,
        height: 20,
        channels: 3,
        data: new Uint8Array(1200).map((_, i) => i * 37),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 9), fc.nat(255), async (at, value) => {
        const copy = Buffer.from(whole);
        copy[8 + at] = value;
        try {
          await readAll(save('changed.png', copy));
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
        }
      }),
      { numRuns: 300, seed: 4 },
    );
  });
});

describe.skipIf(noReferee !== undefined)(`pictures beside rasterio ${noReferee ?? ''}`, () => {
  let referee: Referee;
  beforeAll(() => {
    referee = new Referee();
  });
  afterAll(() => referee.stop());

  it.each([
    ['PNG', 'png', 'uint8', 1],
    ['PNG', 'png', 'uint16', 1],
    ['PNG', 'png', 'uint8', 2],
    ['PNG', 'png', 'uint16', 3],
    ['PNG', 'png', 'uint8', 4],
    ['JPEG', 'jpg', 'uint8', 1],
  ])('%s .%s %s × %i', async (driver, extension, dtype, count) => {
    const path = join(folder.path, `${driver}-${dtype}-${count}.${extension}`);
    await referee.must({
      do: 'write',
      path,
      profile: { driver, dtype, count, width: 67, height: 45 },
    });
    writeFileSync(
      path.replace(/\.\w+$/, extension === 'png' ? '.pgw' : '.jgw'),
      '2\n0.5\n0.25\n-2\n500001\n4999999\n',
    );
    const facts = await referee.must<RefereeFacts>({ do: 'read', path });
    const source = await openScene(path);
    expect(source.description.grid.transform).toEqual(facts.transform);
    const block = await source.read({ window: wholeWindow(source.description.grid) });
    expect(block.bands.map(digest)).toEqual(facts.digests);
    await source.close();
  });

  it('colour JPEG is within what decoders differ by', async () => {
    // The wheel of rasterio brings IJG's libjpeg, which interpolates chroma by its own rule; ours is libjpeg-turbo.
    const path = join(folder.path, 'colour.jpg');
    await referee.must({
      do: 'write',
      path,
      profile: { driver: 'JPEG', dtype: 'uint8', count: 3, width: 120, height: 90, QUALITY: 95 },
    });
    const samples = join(folder.path, 'colour.bin');
    await referee.must({ do: 'read', path, samples });
    const expected = readFileSync(samples);
    const block = await readAll(path);
    const mine = Buffer.concat(block.bands.map((band) => Buffer.from(band.buffer)));
    expect(mine.length).toBe(expected.length);
    const mean =
      mine.reduce((sum, value, i) => sum + Math.abs(value - expected[i]!), 0) / mine.length;
    expect(mean).toBeLessThan(2.5);
  });

  it('a cut JPEG is refused, not filled with grey', async () => {
    const path = join(folder.path, 'whole.jpg');
    await referee.must({
      do: 'write',
      path,
      profile: { driver: 'JPEG', dtype: 'uint8', count: 1, width: 120, height: 90 },
    });
    const whole = readFileSync(path);
    for (let length = 10; length < whole.length - 1; length += 101) {
      const error = await errorOf(readAll(save('cut.jpg', whole.subarray(0, length))));
      expect(error.code).toBe('corrupt');
    }
    const huge = Buffer.from(whole);
    const frame = huge.indexOf(Buffer.of(0xff, 0xc0));
    huge.writeUInt16BE(65_000, frame + 5);
    huge.writeUInt16BE(65_000, frame + 7);
    expect(['too-large', 'corrupt']).toContain(
      (await errorOf(readAll(save('huge.jpg', huge)))).code,
    );
  });
});

describe.skipIf(noSharedData !== undefined)(`real pictures ${noSharedData ?? ''}`, () => {
  it('a drone picture decodes to the colours of another decoder', async () => {
    const referee = new Referee();
    const path = join(sharedData, 'uav/deepforest/AWPE Pigeon Lake 2020 DJI_0005.JPG');
    const samples = join(folder.path, 'drone.bin');
    await referee.must({ do: 'read', path, samples });
    referee.stop();
    const expected = readFileSync(samples);
    const block = await readAll(path);
    const mine = Buffer.concat(block.bands.map((band) => Buffer.from(band.buffer)));
    let sum = 0;
    for (let i = 0; i < mine.length; i++) sum += Math.abs(mine[i]! - expected[i]!);
    expect(sum / mine.length).toBeLessThan(0.5);
  });
});
