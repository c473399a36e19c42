import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readLayer, readRois } from './readRois.ts';
import { temporaryFolder } from './testing/geoJson.ts';
import { dbaseOf, shapefileOf, wgs84 } from './testing/roiFiles.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

type Parts = { readonly dbf?: Uint8Array; readonly prj?: string; readonly cpg?: string };
let count = 0;
/** A Shapefile with the parts beside it. */
function files(shp: Uint8Array, parts: Parts = { dbf: dbaseOf() }): string {
  count += 1;
  const base = join(folder.path, `set${count}`);
  writeFileSync(`${base}.shp`, shp);
  for (const [extension, content] of Object.entries(parts))
    writeFileSync(`${base}.${extension}`, content);
  return `${base}.shp`;
}

/** A copy in which bytes from `at` on are others. */
function changed(bytes: Buffer, at: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}

/** A main file by the white paper of July 1998, of records with these contents. */
function shapes(...contents: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(100);
  header.writeInt32BE(9994, 0);
  const records = contents.flatMap((content, index) => {
    const head = Buffer.alloc(8);
    head.writeInt32BE(index + 1, 0);
    head.writeInt32BE(content.length / 2, 4);
    return [head, content];
  });
  return Buffer.concat([header, ...records]);
}

function record(
  type: number,
  length: number,
  numbers: Readonly<Record<number, number>> = {},
): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeInt32LE(type, 0);
  for (const [at, value] of Object.entries(numbers)) bytes.writeInt32LE(value, Number(at));
  return bytes;
}

function pointRecord(type: number, x: number, y: number): Buffer {
  const bytes = record(type, type === 1 ? 20 : 36);
  bytes.writeDoubleLE(x, 4);
  bytes.writeDoubleLE(y, 12);
  return bytes;
}

const good = shapefileOf();
/** Of the first record: its head, then its contents. */
const first = { head: 100, content: 108 };

describe('a Shapefile that contradicts itself', () => {
  it.each([
    [
      'ends within its header',
      good.subarray(0, 60),
      /does not begin with the header of a Shapefile/,
    ],
    ['ends before its stated end', good.subarray(0, 400), /it ends after 400 of \d+ bytes/],
    [
      'has a record without contents',
      changed(good, first.head + 4, 0, 0, 0, 0),
      /record 1 ends beyond the file/,
    ],
    [
      'has a record longer than itself',
      changed(good, first.head + 4, 1, 0, 0, 0),
      /record 1 ends beyond the file/,
    ],
    [
      'has a shape of no known kind',
      changed(good, first.content, 77),
      /record 1 is of the unknown kind 77/,
    ],
    [
      'has rings that begin before the points',
      changed(good, first.content + 44, 255, 255, 255, 255),
      /rings that overlap/,
    ],
    [
      'has rings that begin behind the next',
      changed(good, first.content + 44, 9),
      /rings that overlap/,
    ],
    [
      'has rings that end behind the points',
      changed(good, first.content + 48, 99),
      /rings that overlap/,
    ],
    [
      'has −1 rings',
      changed(good, first.content + 36, 255, 255, 255, 255),
      /counts more than it holds/,
    ],
    [
      'has a million rings',
      changed(good, first.content + 36, 64, 66, 15, 0),
      /counts more than it holds/,
    ],
    ['has more points than bytes', changed(good, first.content + 40, 40), /record 1 ends too soon/],
    ['has a point without a place', shapes(record(1, 12)), /record 1 ends too soon/],
  ])('%s', async (_, bytes, why) => {
    await expect(readLayer(files(bytes))).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(why) as unknown,
    });
  });

  it('of surfaces in three dimensions says what to do', async () => {
    await expect(readLayer(files(shapes(record(31, 60))))).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('Export polygons instead') as unknown,
    });
  });

  it('larger than any set of ROIs is not read into memory', async () => {
    const path = files(good);
    truncateSync(path, 2 ** 31 + 1);
    await expect(readLayer(path)).rejects.toMatchObject({
      code: 'too-large',
      details: { what: 'bytes', found: 2 ** 31 + 1 },
    });
  });
});

describe('a Shapefile', () => {
  it('of points, lines and nothing gives its points and says what was left out', async () => {
    const layer = await readLayer(
      files(
        shapes(
          record(0, 4),
          pointRecord(1, 5, 6),
          record(3, 44),
          pointRecord(11, 7, 8),
          record(15, 44),
        ),
        {},
      ),
    );
    expect(layer.features).toEqual([
      { id: '2', geometry: { kind: 'points', points: [[5, 6]] }, values: [] },
      { id: '4', geometry: { kind: 'points', points: [[7, 8]] }, values: [] },
    ]);
    expect(Object.fromEntries(layer.skipped)).toEqual({
      'objects without geometry': 1,
      'lines (only polygons and points can be ROIs)': 1,
    });
    expect(layer.crs).toBeUndefined();
  });

  it('without its table has no classes', async () => {
    await expect(readRois(files(good, { prj: wgs84 }))).rejects.toMatchObject({
      code: 'bad-labels',
      message: expect.stringContaining('no table of fields (.dbf)') as unknown,
    });
  });

  it('with fewer rows than shapes has no values for the rest', async () => {
    const dbf = changed(dbaseOf(), 4, 2);
    const { features } = await readLayer(files(good, { dbf, prj: '' }));
    expect(features.map(({ values }) => values[0])).toEqual([
      'wood',
      'water',
      ...Array<undefined>(8),
    ]);
  });
});

/** A dBASE III table of one record, by its columns. */
function table(columns: readonly (readonly [name: string, type: string, value: string])[]): Buffer {
  const header = Buffer.alloc(33 + 32 * columns.length);
  header[0] = 3;
  header.writeUInt32LE(1, 4);
  header.writeUInt16LE(header.length, 8);
  header.writeUInt16LE(1 + columns.reduce((sum, [, , { length }]) => sum + length, 0), 10);
  columns.forEach(([name, type, { length }], i) => {
    header.write(name, 32 + 32 * i, 'latin1');
    header.write(type, 32 + 32 * i + 11, 'latin1');
    header[32 + 32 * i + 16] = length;
  });
  header[header.length - 1] = 0x0d;
  return Buffer.concat([
    header,
    Buffer.from(` ${columns.map(([, , value]) => value).join('')}`, 'latin1'),
  ]);
}

describe('the table of a Shapefile', () => {
  const point = shapes(pointRecord(1, 5, 6));
  const values = async (dbf: Uint8Array, cpg?: string): Promise<unknown> => {
    const layer = await readLayer(files(point, { dbf, ...(cpg !== undefined && { cpg }) }));
    return Object.fromEntries(
      layer.fields.map(({ name }, i) => [name, layer.features[0]!.values[i]]),
    );
  };

  it.each([
    ['ends within its header', dbaseOf().subarray(0, 20), /ends within the header/],
    ['has a header longer than itself', changed(dbaseOf(), 8, 255, 255), /contradicts its size/],
    ['has a header without columns', changed(dbaseOf(), 8, 32, 0), /contradicts its size/],
    ['has records of no bytes', changed(dbaseOf(), 10, 0, 0), /contradicts its size/],
  ])('that %s is refused', async (_, dbf, why) => {
    await expect(readLayer(files(point, { dbf }))).rejects.toMatchObject({
      code: 'corrupt',
      message: expect.stringMatching(why) as unknown,
    });
  });

  it('gives numbers, texts, and nothing for blanks, stars and what is no number', async () => {
    const columns = [
      ['elevenchars', 'C', 'wood '],
      ['N', 'N', ' 1.5'],
      ['F', 'F', '-2e3'],
      ['none', 'N', '    '],
      ['stars', 'N', '****'],
      ['word', 'N', 'many'],
      ['ended', 'C', 'a\0b '],
    ] as const;
    expect(await values(table(columns))).toEqual({
      elevenchars: 'wood',
      N: 1.5,
      F: -2000,
      none: undefined,
      stars: undefined,
      word: undefined,
      ended: 'a',
    });
  });

  it('whose columns are wider than its records has those that fit', async () => {
    const dbf = table([
      ['a', 'C', 'x'],
      ['b', 'C', 'y'],
    ]);
    expect(await values(changed(dbf, 32 + 32 + 16, 200))).toEqual({ a: 'x' });
  });

  it.each([
    ['1251', 0, 0xcf, 'П'],
    ['windows-1251', 0, 0xcf, 'П'],
    ['65001', 0, 0x41, 'A'],
    ['CP866', 0, 0x8f, 'П'],
    ['88595', 0, 0xbf, 'П'],
    ['ISO 8859-5', 0, 0xbf, 'П'],
    ['koi8-r', 0, 0xf0, 'П'],
    ['of its own', 0xc9, 0xcf, 'П'],
    ['99999', 0, 0xe4, 'ä'],
    ['', 0, 0xe4, 'ä'],
  ])('is read by its .cpg "%s" and its language byte %i', async (cpg, language, byte, text) => {
    const dbf = changed(table([['a', 'C', 'x']]), 29, language);
    dbf[dbf.length - 1] = byte;
    expect(await values(dbf, cpg)).toEqual({ a: text });
  });
});
