// What fuzzing found, as the smallest file that shows it. Each was mended; the target `corpus` reads them all in every run.
import { crc32, deflateSync } from 'node:zlib';
import type { ErrorCode } from '../app/error.ts';
import { imageFields, writeTiff } from '../main/raster/tiff/testing/writeTiff.ts';

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

/** All cases. */
export const crashCorpus = (): readonly CrashCase[] => [...tiffs(), ...enviHeaders(), ...pngs()];
