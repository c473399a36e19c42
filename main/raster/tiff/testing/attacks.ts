// Files that try to make a reader hang, exhaust memory or invent pixels. All are made here; none is kept in the repository.
import { deflateSync } from 'node:zlib';
import { bombs, compressed } from './bombs.ts';
import { encodeLzw } from './encode.ts';
import {
  imageFields,
  type WrittenDirectory,
  type WrittenField,
  type WrittenFile,
  writeTiff,
} from './writeTiff.ts';

export type AttackFile = { readonly name: string; readonly bytes: Uint8Array };

const pixels = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);
const plain = imageFields({ width: 32, height: 32 });
const image: WrittenDirectory = { fields: plain, blocks: [pixels] };

/** An image of 32 × 32 bytes with some fields replaced or added. */
function withFields(fields: readonly WrittenField[], block: Uint8Array = pixels): WrittenFile {
  const replaced = new Set(fields.map(({ tag }) => tag));
  return {
    directories: [
      { fields: [...plain.filter(({ tag }) => !replaced.has(tag)), ...fields], blocks: [block] },
    ],
  };
}

const one = (tag: number, type: number, value: number): WrittenField => ({
  tag,
  type,
  values: [value],
});

function loops(): [string, WrittenFile][] {
  const small = { fields: plain, blocks: [pixels] };
  const first = writeTiff({ directories: [image] }).offsets[0]!;
  const chain = (count: number): WrittenDirectory[] =>
    Array.from({ length: count }, (_, i) =>
      i === 0 ? image : { fields: [one(254, 4, 0)], blocks: [] },
    );
  return [
    ['directory that follows itself', { directories: [{ ...small, rawNext: first }] }],
    ['two directories in a circle', { directories: [small, { ...small, rawNext: first }] }],
    [
      'SubIFD that is its parent',
      withFields([
        { tag: 330, type: 4, values: [writeTiff(withFields([one(330, 4, 1)])).offsets[0]!] },
      ]),
    ],
    ['SubIFDs without number', withFields([{ tag: 330, type: 4, values: [8], rawCount: 1e9 }])],
    ['4,097 directories', { directories: chain(4097) }],
    ['next directory past the end', { directories: [{ ...small, rawNext: 1e9 }] }],
    [
      'BigTIFF directory that follows itself',
      {
        bigTiff: true,
        directories: [
          { ...small, rawNext: writeTiff({ bigTiff: true, directories: [image] }).offsets[0]! },
        ],
      },
    ],
  ];
}

function sizes(): [string, WrittenFile][] {
  const lying = (name: string, ...fields: WrittenField[]): [string, WrittenFile] => [
    name,
    withFields(fields),
  ];
  const tiles = (tile: number, side: number): WrittenFile => ({
    directories: [
      { fields: imageFields({ width: side, height: side, tile }), blocks: [pixels], tiled: true },
    ],
  });
  return [
    lying('a million squared', one(256, 4, 1e6), one(257, 4, 1e6), one(278, 4, 1)),
    lying('a million squared in one strip', one(256, 4, 1e6), one(257, 4, 1e6), one(278, 4, 1e6)),
    lying('four thousand million wide', one(256, 4, 4e9)),
    lying('four thousand million both ways', one(256, 4, 4e9), one(257, 4, 4e9)),
    lying('no width', one(256, 4, 0)),
    lying('no height', one(257, 4, 0)),
    lying('no rows in a strip', one(278, 4, 0)),
    lying('no samples', one(277, 3, 0)),
    lying('65,535 samples', one(277, 3, 65535)),
    lying('no bits', one(258, 3, 0)),
    lying('33 bits', one(258, 3, 33)),
    lying('65,535 bits', one(258, 3, 65535)),
    lying('bits as text', { tag: 258, type: 2, values: '8' }),
    lying('sample format 9', one(339, 3, 9)),
    lying('planar configuration 3', one(284, 3, 3)),
    lying('unknown compression', one(259, 3, 4711)),
    lying('fill order 7', one(266, 3, 7)),
    lying('width twice', { tag: 256, type: 4, values: [32, 32] }),
    lying('width as float', { tag: 256, type: 12, values: [32] }),
    ['tiles without size', tiles(0, 32)],
    ['more tiles than bytes', tiles(16, 1e6)],
    ['tile of four thousand million', tiles(4e9, 32)],
    [
      'unequal bits',
      {
        directories: [
          {
            fields: [
              ...imageFields({ width: 16, height: 16, samples: 3 }).filter(
                ({ tag }) => tag !== 258,
              ),
              { tag: 258, type: 3, values: [8, 16, 8] },
            ],
            blocks: [pixels],
          },
        ],
      },
    ],
  ];
}

// eslint-disable-next-line max-lines-per-function -- a table
function places(): [string, WrittenFile][] {
  const bare = plain.filter(({ tag }) => tag !== 278);
  const stripped = (offset: number, length: number, rows = 16): WrittenFile => ({
    directories: [
      {
        fields: [
          ...bare,
          one(278, 4, rows),
          { tag: 273, type: 4, values: [8, offset] },
          { tag: 279, type: 4, values: [512, length] },
          // Bytes for the first strip to lie in, or every one of these files would be refused for that one.
          { tag: 65000, type: 1, values: [...pixels] },
        ],
        blocks: [],
      },
    ],
  });
  return [
    ['strip past the end', stripped(1e6, 512)],
    ['strip at the last offset', stripped(0xffffffff, 512)],
    ['strip with position but no length', stripped(8, 0)],
    ['strip too short', stripped(8, 17)],
    [
      'fewer strips than rows need',
      {
        directories: [
          {
            fields: [
              ...bare,
              one(278, 4, 1),
              { tag: 273, type: 4, values: [8, 8] },
              { tag: 279, type: 4, values: [32, 32] },
            ],
            blocks: [],
          },
        ],
      },
    ],
    ['no strips', { directories: [{ fields: plain, blocks: [] }] }],
    [
      'table of strips past the end',
      {
        directories: [
          {
            fields: [
              ...bare,
              one(278, 4, 1),
              { tag: 273, type: 4, values: [8], rawCount: 32, rawPosition: 1e8 },
              { tag: 279, type: 4, values: [8], rawCount: 32, rawPosition: 1e8 },
            ],
            blocks: [],
          },
        ],
      },
    ],
    [
      'BigTIFF table of 2^60 strips',
      {
        bigTiff: true,
        directories: [
          {
            fields: [
              ...bare,
              one(278, 4, 1),
              { tag: 273, type: 16, values: [8], rawCount: 2 ** 60, rawPosition: 64 },
              { tag: 279, type: 16, values: [8], rawCount: 2 ** 60, rawPosition: 64 },
            ],
            blocks: [],
          },
        ],
      },
    ],
  ];
}

function texts(): [string, WrittenFile][] {
  const metadata = (text: string): WrittenFile =>
    withFields([{ tag: 42112, type: 2, values: text }]);
  const lol = Array.from(
    { length: 9 },
    (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
  ).join('');
  const keys = (...values: number[]): WrittenField => ({ tag: 34735, type: 3, values });
  const doubles = (...values: number[]): WrittenField => ({ tag: 34736, type: 12, values });
  return [
    [
      'XML bomb',
      metadata(
        `<!DOCTYPE x [<!ENTITY l0 "lol">${lol}]><GDALMetadata><Item name="a">&l9;</Item></GDALMetadata>`,
      ),
    ],
    [
      'XML with an outside entity',
      metadata('<!DOCTYPE x SYSTEM "file:///etc/passwd"><GDALMetadata/>'),
    ],
    ['XML of 100,000 levels', metadata('<a>'.repeat(100_000))],
    ['XML of 300,000 elements', metadata(`<GDALMetadata>${'<a/>'.repeat(300_000)}</GDALMetadata>`)],
    [
      'text of two gigabytes',
      withFields([{ tag: 42112, type: 2, values: 'x', rawCount: 2 ** 31, rawPosition: 8 }]),
    ],
    [
      'nodata text past the end',
      withFields([{ tag: 42113, type: 2, values: 'x', rawCount: 64, rawPosition: 1e9 }]),
    ],
    [
      'GeoKeys past their doubles',
      withFields([keys(1, 1, 0, 1, 2057, 34736, 1, 40), doubles(6378137)]),
    ],
    [
      'GeoKeys past their text',
      withFields([keys(1, 1, 0, 1, 1026, 34737, 9000, 0), { tag: 34737, type: 2, values: 'a|' }]),
    ],
    ['GeoKeys past their directory', withFields([keys(1, 1, 0, 1, 2062, 34735, 7, 60000)])],
    [
      'transform that is not a number',
      withFields([{ tag: 34264, type: 12, values: new Array<number>(16).fill(Number.NaN) }]),
    ],
    [
      'infinite pixel scale',
      withFields([
        { tag: 33550, type: 12, values: [Infinity, 1, 0] },
        { tag: 33922, type: 12, values: [0, 0, 0, 5, 5, 0] },
      ]),
    ],
    [
      'tiepoint that is not a number',
      withFields([
        { tag: 33550, type: 12, values: [1, 1, 0] },
        { tag: 33922, type: 12, values: [0, 0, 0, Number.NaN, 5, 0] },
      ]),
    ],
  ];
}

function headers(): AttackFile[] {
  const { bytes, offsets } = writeTiff({ directories: [image] });
  const big = writeTiff({ bigTiff: true, directories: [image] });
  const changed = (
    name: string,
    source: Uint8Array,
    at: number,
    ...values: number[]
  ): AttackFile => {
    const copy = source.slice();
    copy.set(values, at);
    return { name, bytes: copy };
  };
  const text = (name: string, content: string): AttackFile => ({
    name,
    bytes: new TextEncoder().encode(content),
  });
  const vrt = (path: string): string =>
    `<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand><SimpleSource><SourceFilename>${path}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>`;
  return [
    { name: 'empty file', bytes: new Uint8Array(0) },
    { name: 'header alone', bytes: bytes.slice(0, 8) },
    changed('65,535 fields', bytes, offsets[0]!, 255, 255),
    changed('no fields', bytes, offsets[0]!, 0, 0),
    changed('70,000 fields', big.bytes, big.offsets[0]!, 0x70, 0x11, 1, 0, 0, 0, 0, 0),
    changed('2^63 fields', big.bytes, big.offsets[0]!, 0, 0, 0, 0, 0, 0, 0, 0x80),
    changed('first directory nowhere', bytes, 4, 0, 0, 0, 0),
    changed('first directory past the end', bytes, 4, 255, 255, 255, 255),
    changed('BigTIFF directory past 2^63', big.bytes, 8, 255, 255, 255, 255, 255, 255, 255, 255),
    changed('BigTIFF with 4-byte offsets', big.bytes, 4, 4, 0),
    text('VRT of a system file', vrt('/etc/passwd')),
    text('VRT of an address', vrt('/vsicurl/http://127.0.0.1/x.tif')),
  ];
}

/** Every 64th cut of some well-formed files. */
function truncations(): AttackFile[] {
  const seeds: readonly [string, WrittenFile][] = [
    ['plain', { directories: [image] }],
    ['deflate', compressed(8, deflateSync(pixels), { width: 32, height: 32 })],
    [
      'LZW in BigTIFF',
      { ...compressed(5, encodeLzw(pixels), { width: 32, height: 32 }), bigTiff: true },
    ],
    ['big-endian', { littleEndian: false, directories: [image] }],
  ];
  return seeds.flatMap(([name, file]) => {
    const { bytes } = writeTiff(file);
    return Array.from({ length: Math.ceil(bytes.length / 64) }, (_, i) => ({
      name: `${name} cut at ${i * 64}`,
      bytes: bytes.slice(0, i * 64),
    }));
  });
}

/** All attack files. */
export function attackFiles(): AttackFile[] {
  const written = [...loops(), ...sizes(), ...places(), ...bombs(), ...texts()];
  return [
    ...written.map(([name, file]) => ({ name, bytes: writeTiff(file).bytes })),
    ...headers(),
    ...truncations(),
  ];
}
