import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { wholeWindow } from '../../../app/raster/grid.ts';
import { type SampleArray, samplesOf, sampleTypeOf } from '../../../app/raster/samples.ts';
import { errorOf, temporaryFolder } from '../scenes/testing/files.ts';
import { digest, noReferee, Referee, type RefereeFacts } from '../scenes/testing/referee.ts';
import { openFile } from '../tiff/byteSource.ts';
import { readBoxes } from './boxes.ts';
import { extractTile, readCodestream, readTileParts } from './codestream.ts';
import { decodeAside } from './decodePool.ts';
import { openJpeg2000 } from './openJpeg2000.ts';
import { decodeCodestream } from './openJpegDecoder.ts';
import { gridAt } from './tiles.ts';

describe.skipIf(noReferee !== undefined)(`JPEG 2000 beside rasterio ${noReferee ?? ''}`, () => {
  const folder = temporaryFolder();
  let referee: Referee;
  const tiled = join(folder.path, 'tiled.jp2');
  const profile = {
    driver: 'JP2OpenJPEG',
    tiled: true,
    YCBCR420: 'NO',
    count: 1,
    width: 333,
    height: 217,
    dtype: 'uint16',
    QUALITY: '100',
    REVERSIBLE: 'YES',
    BLOCKXSIZE: 64,
    BLOCKYSIZE: 48,
    crs: 'EPSG:32633',
    transform: [330000, 10, 0, 5822040, 0, -10],
  };
  beforeAll(async () => {
    referee = new Referee();
    await referee.must({ do: 'write', path: tiled, profile });
  });
  afterAll(() => {
    referee.stop();
    folder.remove();
  });

  /** All samples within 1 of rasterio's. */
  async function expectClose(bands: readonly SampleArray[], request: object): Promise<void> {
    const samples = join(folder.path, 'samples.bin');
    await referee.must({ do: 'read', ...request, samples });
    const bytes = readFileSync(samples);
    const type = sampleTypeOf(bands[0]!);
    const all = samplesOf(type, new Uint8Array(bytes).buffer);
    const mine = bands.flatMap((band) => Array.from(band, Number));
    const worst = mine.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - Number(all[i]))),
      0,
    );
    expect(mine).toHaveLength(all.length);
    expect(worst).toBeLessThanOrEqual(1);
  }

  for (const dtype of ['uint8', 'uint16', 'int16']) {
    for (const count of [1, 3]) {
      for (const options of [
        {},
        { BLOCKXSIZE: 1024, BLOCKYSIZE: 1024 },
        { QUALITY: '25', REVERSIBLE: 'NO' },
      ]) {
        it(`${count} × ${dtype} ${JSON.stringify(options)}`, async () => {
          const path = join(folder.path, `${dtype}-${count}.jp2`);
          await referee.must({
            do: 'write',
            path,
            profile: { ...profile, dtype, count, YCBCR420: 'NO', ...options },
          });
          const source = await openJpeg2000(path);
          expect(source.description.grid).toEqual({
            width: 333,
            height: 217,
            crs: 'EPSG:32633',
            transform: profile.transform,
          });
          for (const [x, y, width, height] of [
            [0, 0, 333, 217],
            [60, 40, 9, 17],
            [332, 216, 1, 1],
          ] as const) {
            const facts = await referee.must<RefereeFacts>({
              do: 'read',
              path,
              window: [x, y, width, height],
            });
            const block = await source.read({ window: { x, y, width, height } });
            // The irreversible colour transform is in floating point: builds of the library round it either way.
            const rounded = count === 3 && 'QUALITY' in options && dtype !== 'uint8';
            const same = block.bands.map((band, i) => digest(band) === facts.digests[i]);
            if (rounded) await expectClose(block.bands, { path, window: [x, y, width, height] });
            else expect(same.every(Boolean)).toBe(true);
          }
          await source.close();
        });
      }
    }
  }

  it('lower resolutions are the file’s own', async () => {
    const path = join(folder.path, 'pyramid.jp2');
    await referee.must({
      do: 'write',
      path,
      profile: {
        ...profile,
        width: 1024,
        height: 768,
        BLOCKXSIZE: 256,
        BLOCKYSIZE: 256,
        RESOLUTIONS: 5,
      },
    });
    const source = await openJpeg2000(path);
    const window = wholeWindow(source.description.grid);
    for (const factor of [2, 4, 8]) {
      const size = { width: 1024 / factor, height: 768 / factor };
      expect(source.description.overviews).toContainEqual(size);
      const facts = await referee.must<RefereeFacts>({
        do: 'read',
        path,
        size: [size.width, size.height],
      });
      const block = await source.read({ window, size });
      expect(block.bands.map(digest), `1 / ${factor}`).toEqual(facts.digests);
    }
    await source.close();
  });

  it('finds every tile and its place at every resolution', async () => {
    const path = join(folder.path, 'many.jp2');
    await referee.must({
      do: 'write',
      path,
      profile: { ...profile, width: 1100, height: 700, BLOCKXSIZE: 256, BLOCKYSIZE: 256 },
    });
    const file = openFile(path);
    const boxes = await readBoxes(file);
    const stream = await readCodestream(file, boxes.codestream);
    const parts = await readTileParts(file, stream);
    expect(parts.size).toBe(Math.ceil(1100 / 256) * Math.ceil(700 / 256));
    expect([...gridAt(stream, 1).columnStarts]).toEqual([0, 128, 256, 384, 512, 550]);
    expect([...gridAt(stream, 3).rowStarts]).toEqual([0, 32, 64, 88]);
    const stored = [...parts.values()].flat().reduce((sum, part) => sum + part.length, 0);
    const before = file.counters().bytes;
    await extractTile(file, stream, { column: 1, row: 1, parts: parts.get(6)! });
    expect(file.counters().bytes - before).toBeLessThan(stored / 5);
    await file.close();
  });

  it('decodes in other threads as in this one, and outlives what cannot be decoded', async () => {
    const file = openFile(tiled);
    const stream = await readCodestream(file, (await readBoxes(file)).codestream);
    const parts = await readTileParts(file, stream);
    const one = await extractTile(file, stream, {
      column: 2,
      row: 1,
      parts: parts.get(stream.tilesAcross + 2)!,
    });
    const here = await decodeCodestream(one, 0);
    const broken = expect(decodeAside(one.subarray(0, 40), 0)).rejects.toThrow();
    const aside = await Promise.all(Array.from({ length: 12 }, () => decodeAside(one, 0)));
    for (const decoded of aside) expect(decoded).toEqual(here);
    await broken;
    await expect(decodeAside(one, 40)).rejects.toThrow();
    expect(await decodeAside(one, 0)).toEqual(here);
    await file.close();
  });

  it('a file cut anywhere is refused or gives the same pixels', async () => {
    const bytes = readFileSync(tiled);
    const whole = await openJpeg2000(tiled);
    const window = wholeWindow(whole.description.grid);
    const expected = digest((await whole.read({ window })).bands[0]!);
    const path = join(folder.path, 'cut.jp2');
    for (
      let length = 1;
      length < bytes.length;
      length += Math.max(1, Math.floor(bytes.length / 60))
    ) {
      writeFileSync(path, bytes.subarray(0, length));
      const error = await openJpeg2000(path).then(
        async (source) => {
          const result = await source.read({ window }).catch((caught: unknown) => caught);
          await source.close();
          return result;
        },
        (caught: unknown) => caught,
      );
      if (error instanceof AppError) expect(error.code).toBe('corrupt');
      else expect(digest((error as { bands: [Uint16Array] }).bands[0])).toBe(expected);
    }
  });

  it('changed bytes give pixels or one plain error', async () => {
    const bytes = readFileSync(tiled);
    const path = join(folder.path, 'changed.jp2');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (changes) => {
          const copy = Buffer.from(bytes);
          for (const [at, value] of changes) copy[at] = value;
          writeFileSync(path, copy);
          try {
            const source = await openJpeg2000(path);
            const { width, height } = source.description.grid;
            await source
              .read({
                window: { x: 0, y: 0, width: Math.min(64, width), height: Math.min(48, height) },
              })
              .finally(() => source.close());
          } catch (error) {
            expect(error).toBeInstanceOf(AppError);
          }
        },
      ),
      { numRuns: 80, seed: 3 },
    );
  });

  it('declared sizes are checked before anything is decoded', async () => {
    const single = join(folder.path, 'single.jp2');
    const sides = { BLOCKXSIZE: 1024, BLOCKYSIZE: 1024 };
    await referee.must({ do: 'write', path: single, profile: { ...profile, ...sides } });
    const bytes = readFileSync(single);
    const siz = bytes.indexOf(Buffer.of(0xff, 0x51));
    const path = join(folder.path, 'bomb.jp2');
    const cases: readonly (readonly [
      name: string,
      fields: readonly (readonly [number, number])[],
      code: string,
    ])[] = [
      [
        'one huge tile',
        [
          [0, 60_000],
          [1, 60_000],
          [4, 60_000],
          [5, 60_000],
        ],
        'too-large',
      ],
      [
        'four thousand million pixels',
        [
          [0, 0xffffffff],
          [1, 0xffffffff],
        ],
        'too-large',
      ],
      ['no width', [[0, 0]], 'corrupt'],
      ['no tile', [[4, 0]], 'corrupt'],
    ];
    for (const [name, fields, code] of cases) {
      const copy = Buffer.from(bytes);
      for (const [field, value] of fields) copy.writeUInt32BE(value, siz + 6 + 4 * field);
      writeFileSync(path, copy);
      const error = await errorOf(
        openJpeg2000(path).then((source) =>
          source.read({ window: { x: 0, y: 0, width: 1, height: 1 } }),
        ),
      );
      expect(error.code, name).toBe(code);
    }
  });

  it('other numbers of components are refused with a cure', async () => {
    for (const [count, dtype] of [
      [4, 'uint8'],
      [2, 'uint16'],
      [5, 'int16'],
    ] as const) {
      const path = join(folder.path, `refused-${count}-${dtype}.jp2`);
      const sides = { BLOCKXSIZE: 1024, BLOCKYSIZE: 1024 };
      await referee.must({ do: 'write', path, profile: { ...profile, ...sides, count, dtype } });
      const error = await errorOf(openJpeg2000(path));
      expect(error.code).toBe('unsupported');
      expect(error.message).toContain('Convert it to GeoTIFF');
    }
  });
});
