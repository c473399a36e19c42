// What fuzzing found, as the smallest file that shows it. Each was mended; the target `corpus` reads them all in every run.
import { createHash } from 'node:crypto';
import { crc32, deflateSync } from 'node:zlib';
import type { ErrorCode } from '../app/error.ts';
import { writeSafetensors } from '../main/engines/safetensors.ts';
import { productXml, tileXml } from '../main/raster/scenes/testing/safeProduct.ts';
import { imageFields, writeTiff } from '../main/raster/tiff/testing/writeTiff.ts';
import { fixture, unpackedArchive, withMetadata } from './targets/basemaps.ts';

export type CrashCase = {
  /** What was wrong. */
  readonly name: string;
  readonly target: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** What has to become of it. */
  readonly expected: 'read' | ErrorCode;
};

const pixels = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);

function tiffs(): CrashCase[] {
  const rows = imageFields({ width: 32, height: 32, rowsPerStrip: 16 });
  const tiled = { tag: 324, type: 4, values: [8, 8, 8, 8] };
  const counts = { tag: 325, type: 4, values: [256, 256, 256, 256] };
  const tiff = (fields: typeof rows, blocks: Uint8Array[]): CrashCase['files'] => ({
    'case.tif': writeTiff({ directories: [{ fields, blocks }] }).bytes,
  });
  return [
    {
      name: 'a table of positions in bytes, which libtiff takes for none: other pixels',
      target: 'tiff',
      files: tiff(
        [
          ...rows,
          { tag: 273, type: 1, values: [8, 16] },
          { tag: 279, type: 4, values: [512, 512] },
        ],
        [],
      ),
      expected: 'corrupt',
    },
    {
      name: 'tables of tiles and of strips in one directory: other pixels',
      target: 'tiff',
      files: tiff([...imageFields({ width: 32, height: 32, tile: 16 }), tiled, counts], [pixels]),
      expected: 'corrupt',
    },
  ];
}

function enviHeaders(): CrashCase[] {
  const plain = [
    'ENVI',
    'samples = 2',
    'lines = 2',
    'bands = 2',
    'header offset = 0',
    'data type = 12',
    'interleave = bip',
  ];
  const envi = (
    name: string,
    expected: CrashCase['expected'],
    ...changed: readonly (readonly [line: number, text: string])[]
  ): CrashCase => {
    const lines = [...plain];
    for (const [line, text] of changed) lines[line] = text;
    const header = Buffer.from(`${lines.join('\n')}\n`, 'latin1');
    const files = { 'case.hdr': header, 'case.img': Buffer.alloc(16, 3) };
    return { name, target: 'envi', files, expected };
  };
  return [
    envi('a number that is 0 for one reader and 1 for another', 'corrupt', [
      4,
      'header offset = 1e-400',
    ]),
    envi('a hexadecimal number', 'corrupt', [1, 'samples = 0x2']),
    envi('a zero byte, where GDAL ends the line and swallows the next', 'corrupt', [
      4,
      'x = {a,\0}',
    ]),
    envi('a brace in no field, where GDAL skips fields', 'corrupt', [4, 'hea{{der'], [6, 'x = {}']),
    envi('a no-break space in a name, which GDAL takes for another name', 'corrupt', [
      1,
      'samples\xa0= 2',
    ]),
    envi('lines that end as on old Macintoshes', 'read', [4, 'header offset = 0\rx = 1\r']),
    envi('100,000 blanks, which a pattern took minutes for', 'read', [
      4,
      `x = a${' '.repeat(1e5)}b`,
    ]),
  ];
}

function pngChunk(type: string, data: Uint8Array, damage = 0): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [head, tail] = [Buffer.alloc(4), Buffer.alloc(4)];
  head.writeUInt32BE(data.length);
  tail.writeUInt32BE((crc32(body) ^ damage) >>> 0);
  return Buffer.concat([head, body, tail]);
}

function pngs(): CrashCase[] {
  const header = (...rest: readonly number[]): Buffer =>
    pngChunk('IHDR', Buffer.from([0, 0, 0, 4, 0, 0, 0, 2, 8, ...rest]));
  const data = deflateSync(Buffer.from([0, 1, 2, 3, 4, 0, 5, 6, 7, 8]));
  const pixels = pngChunk('IDAT', data);
  const text = pngChunk('tEXt', Buffer.from('a'));
  const halves = [
    pngChunk('IDAT', data.subarray(0, 5)),
    pngChunk('IDAT', data.subarray(5)),
  ] as const;
  const png = (name: string, expected: CrashCase['expected'], ...chunks: Buffer[]): CrashCase => {
    const start = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    const file = Buffer.concat([start, ...chunks, pngChunk('IEND', Buffer.alloc(0))]);
    return { name, target: 'png', files: { 'case.png': file }, expected };
  };
  const grey = header(0, 0, 0, 0);
  return [
    png('pixels in two chunks', 'read', grey, ...halves),
    png('a checksum of pixels that does not agree', 'corrupt', grey, pngChunk('IDAT', data, 1)),
    png('pixels that another chunk interrupts', 'corrupt', grey, halves[0], text, halves[1]),
    png('an unknown compression', 'corrupt', header(0, 1, 0, 0), pixels),
    png('an unknown filter', 'corrupt', header(0, 0, 1, 0), pixels),
    png('colours without a palette', 'corrupt', header(3, 0, 0, 0), pixels),
    png(
      'a palette of 4 bytes',
      'corrupt',
      header(3, 0, 0, 0),
      pngChunk('PLTE', Buffer.alloc(4)),
      pixels,
    ),
  ];
}

/** A safetensors file of a header and no data. */
function headerAlone(header: string): Buffer {
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header)]);
}

function checkpointOf(state: string): Uint8Array {
  const sha256 = createHash('sha256').update(state).digest('hex');
  return writeSafetensors(new Map(), { state, sha256 });
}

function tables(): CrashCase[] {
  const deep = `${'['.repeat(1e5)}${']'.repeat(1e5)}`;
  const xml = productXml({ folder: '', level: '1C', offset: true, side60: 2 }, ['B02', 'B03']);
  return [
    {
      name: 'a type of 100,000 lists in each other: the stack ran over',
      target: 'safetensors',
      files: {
        'case.safetensors': headerAlone(`{"a":{"dtype":${deep},"shape":[],"data_offsets":[0,0]}}`),
      },
      expected: 'bad-weights',
    },
    ...[
      '5',
      '{"epoch":3}',
      '{"epoch":3,"step":{},"record":{}}',
      '{"epoch":3,"step":1,"record":null}',
    ].map(
      (state): CrashCase => ({
        name: `a checkpoint whose state is ${state}, hash and all: training went on from nothing`,
        target: 'checkpoints',
        files: { 'checkpoint-000003.safetensors': checkpointOf(state) },
        expected: 'bad-weights',
      }),
    ),
    {
      name: 'quotes in one endless cell: the square of its length',
      target: 'json',
      files: { 'labels.csv': Buffer.from(`file,${'<a b="c"/>'.repeat(4e4)}\na,1\n`) },
      expected: 'read',
    },
    {
      name: 'a recipe of 100,000 lists in each other: seconds and 250 MB',
      target: 'json',
      files: { 'recipe.yaml': Buffer.from(`model: ${deep}`) },
      expected: 'usage',
    },
    {
      name: 'a zero byte in the name of an image: no error of ours',
      target: 'safe',
      files: {
        'MTD_MSIL1C.xml': Buffer.from(xml.replaceAll('_B02', '\0_B02')),
        'MTD_TL.xml': Buffer.from(tileXml({ folder: '', level: '1C', offset: true, side60: 2 })),
      },
      // The bands that are there are read.
      expected: 'read',
    },
  ];
}

function basemaps(): CrashCase[] {
  const database = fixture('world.mbtiles');
  // The first page of the table of tiles.
  database.fill(0xff, 4096, 4096 + 8);
  return [
    {
      name: 'metadata that are the JSON null: no error of ours',
      target: 'pmtiles',
      files: { 'case.pmtiles': withMetadata(unpackedArchive(fixture('areas.pmtiles')), 'null') },
      expected: 'read',
    },
    {
      name: 'a damaged page of tiles, met only when one is asked for: no error of ours',
      target: 'mbtiles',
      files: { 'case.mbtiles': database },
      expected: 'corrupt',
    },
  ];
}

/** All cases. */
export const crashCorpus = (): readonly CrashCase[] => [
  ...tiffs(),
  ...enviHeaders(),
  ...pngs(),
  ...tables(),
  ...basemaps(),
];
