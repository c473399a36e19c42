import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wholeWindow } from '../../../app/raster/grid.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { digest, noReferee, Referee, type RefereeFacts } from '../scenes/testing/referee.ts';
import { openJpeg2000 } from './openJpeg2000.ts';
import { decodeCodestream } from './openJpegDecoder.ts';

describe.skipIf(noReferee !== undefined)(
  `unusual and damaged JPEG 2000 beside rasterio ${noReferee ?? ''}`,
  () => {
    const folder = temporaryFolder();
    let referee: Referee;
    let tiled: Buffer;
    let single: Buffer;
    beforeAll(async () => {
      referee = new Referee();
      const written = async (name: string, block: number): Promise<Buffer> => {
        const path = join(folder.path, name);
        const profile = {
          driver: 'JP2OpenJPEG',
          tiled: true,
          count: 1,
          width: 64,
          height: 48,
          dtype: 'uint8',
          QUALITY: '100',
          REVERSIBLE: 'YES',
          BLOCKXSIZE: block,
          BLOCKYSIZE: block,
        };
        await referee.must({ do: 'write', path, profile });
        return readFileSync(path);
      };
      tiled = await written('tiled.jp2', 32);
      single = await written('single.jp2', 64);
    });
    afterAll(() => {
      referee.stop();
      folder.remove();
    });

    function save(name: string, bytes: Uint8Array): string {
      const path = join(folder.path, name);
      writeFileSync(path, bytes);
      return path;
    }

    /** Where each tile-part begins. */
    function tileParts(bytes: Buffer): number[] {
      const found: number[] = [];
      let at = bytes.indexOf('ff90000a', 0, 'hex');
      while (at >= 0 && bytes.readUInt16BE(at) === 0xff90) {
        found.push(at);
        at += bytes.readUInt32BE(at + 6);
      }
      return found;
    }

    it('a last tile that runs to the end of the file, with or without the end marker', async () => {
      const open = Buffer.from(single);
      const [start] = tileParts(open);
      open.writeUInt32BE(0, start! + 6);
      const path = save('open.jp2', open);
      const facts = await referee.must<RefereeFacts>({ do: 'read', path });
      for (const file of [path, save('open-cut.jp2', open.subarray(0, -2))]) {
        const source = await openJpeg2000(file);
        const block = await source.read({ window: wholeWindow(source.description.grid) });
        expect(block.bands.map(digest)).toEqual(facts.digests);
        await source.close();
      }
    });

    it('signed samples of 8 bits', async () => {
      const signed = Buffer.from(single);
      const siz = signed.indexOf('ff51', 0, 'hex');
      signed[siz + 40]! |= 0x80;
      const header = signed.indexOf('ihdr', 0, 'latin1');
      signed[header + 4 + 10]! |= 0x80;
      // Unsigned samples are coded less half of their range, signed ones as they are (annex G).
      const window = { x: 0, y: 0, width: 64, height: 48 };
      const plain = await openJpeg2000(join(folder.path, 'single.jp2'));
      const { bands } = await plain.read({ window });
      const source = await openJpeg2000(save('signed.jp2', signed));
      expect((await source.read({ window })).bands).toEqual([
        Int8Array.from(Array.from(bands[0]!, Number), (value) => value - 128),
      ]);
      await source.close();
      await plain.close();
    });

    it('a palette becomes colours of the values', async () => {
      const colours = Buffer.from([0, 2, 3, 7, 7, 7, 9, 8, 7, 1, 2, 3]);
      const palette = Buffer.alloc(8);
      palette.writeUInt32BE(8 + colours.length);
      palette.write('pclr', 4);
      const superbox = single.indexOf('jp2h', 0, 'latin1') - 4;
      const length = single.readUInt32BE(superbox);
      const longer = Buffer.from(single);
      longer.writeUInt32BE(length + 8 + colours.length, superbox);
      const path = save(
        'palette.jp2',
        Buffer.concat([
          longer.subarray(0, superbox + length),
          palette,
          colours,
          longer.subarray(superbox + length),
        ]),
      );
      const source = await openJpeg2000(path);
      expect([...source.description.palette!]).toEqual([
        [0, [9, 8, 7, 255]],
        [1, [1, 2, 3, 255]],
      ]);
      await source.close();
    });

    it('a tile that is not in the file is named where it is read; the others are read', async () => {
      const starts = tileParts(tiled);
      expect(starts).toHaveLength(4);
      const source = await openJpeg2000(save('missing.jp2', tiled.subarray(0, starts[3])));
      const whole = await openJpeg2000(join(folder.path, 'tiled.jp2'));
      const window = { x: 0, y: 0, width: 64, height: 32 };
      expect((await source.read({ window })).bands).toEqual((await whole.read({ window })).bands);
      const error = await errorOf(source.read({ window: { x: 40, y: 40, width: 1, height: 1 } }));
      expect([error.code, error.details['tile']]).toEqual(['corrupt', 3]);
      expect(error.message).toContain('it is not in the file');
      await source.close();
      await whole.close();
    });

    it('a tile whose head is damaged is refused in plain words', async () => {
      const [, second] = tileParts(tiled);
      const copy = Buffer.from(tiled).fill(0xff, second! + 12, second! + 14);
      const source = await openJpeg2000(save('damaged.jp2', copy));
      const error = await errorOf(source.read({ window: { x: 40, y: 0, width: 4, height: 4 } }));
      expect(error.code).toBe('corrupt');
      expect(error.message).toMatch(/^Tile 2 of .*damaged\.jp2 cannot be decoded: \D/);
      await source.close();
    });

    it('the decoder says why, and decodes the next as before', async () => {
      const stream = single.subarray(single.indexOf('ff4fff51', 0, 'hex'));
      const whole = await decodeCodestream(stream, 0);
      expect([whole.bytes.length, whole.components]).toEqual([64 * 48, 1]);
      for (const [broken, reduction, words] of [
        [stream.subarray(0, stream.length / 2), 0, /\[ERROR\]/],
        [stream, 40, /\[ERROR\]/],
        [Buffer.alloc(100, 7), 0, /\[ERROR\]/],
        [stream.subarray(0, 0), 0, /gave up/],
      ] as const) {
        await expect(decodeCodestream(broken, reduction)).rejects.toThrow(words);
        expect(await decodeCodestream(stream, 0)).toEqual(whole);
      }
    });
  },
);
