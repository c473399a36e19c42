import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { openTiff } from './openTiff.ts';
import { attackFiles } from './testing/attacks.ts';
import { imageFields, type WrittenField, writeTiff } from './testing/writeTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-refusals-'));
afterAll(() => rmSync(folder, { recursive: true }));

const path = join(folder, 'scene.tif');

/** What a user is told about a file: code and message, without the file's name. Undefined where it is read. */
async function refusal(
  bytes: Uint8Array,
): Promise<readonly [code: string, words: string] | undefined> {
  writeFileSync(path, bytes);
  try {
    const scene = await openTiff(path);
    const { width, height } = scene.description.grid;
    const window = { x: 0, y: 0, width: Math.min(64, width), height: Math.min(64, height) };
    await scene.read({ window }).finally(() => scene.close());
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.message).toContain(path);
    return [error.code, error.message];
  }
}

/** Each attack file with the code and the words that tell what is wrong with it. */
const attacks: Readonly<Record<string, readonly [code: AppError['code'], words: string]>> = {
  'directory that follows itself': ['corrupt', 'form a loop'],
  'two directories in a circle': ['corrupt', 'form a loop'],
  'SubIFD that is its parent': ['corrupt', 'form a loop'],
  'BigTIFF directory that follows itself': ['corrupt', 'form a loop'],
  'SubIFDs without number': ['corrupt', 'it lists 1000000000 sub-images'],
  '4,097 directories': ['too-large', 'more than 4096 image directories'],
  'next directory past the end': ['corrupt', 'points to 2 bytes at 1000000000'],
  'a million squared': ['corrupt', 'it lists 1 of its 1000000 tiles or strips'],
  'a million squared in one strip': ['corrupt', 'strip 0 of 1 ends at byte 1000000000008'],
  'four thousand million wide': ['too-large', 'states 4000000000 × 32 pixels'],
  'four thousand million both ways': ['too-large', 'states 4000000000 × 4000000000 pixels'],
  'no width': ['corrupt', 'its width is missing or zero'],
  'no height': ['corrupt', 'its height is missing or zero'],
  'no rows in a strip': ['corrupt', 'its strips have no rows'],
  'no samples': ['corrupt', 'it states 0 samples a pixel'],
  '65,535 samples': ['too-large', 'of 65535 bands'],
  'no bits': ['unsupported', '0-bit samples'],
  '33 bits': ['unsupported', '33-bit samples'],
  '65,535 bits': ['unsupported', '65535-bit samples'],
  'bits as text': ['corrupt', 'field 258 has the type 2'],
  'sample format 9': ['corrupt', 'sample format 9'],
  'planar configuration 3': ['corrupt', 'field 284 holds 3'],
  'unknown compression': ['unsupported', 'compressed with number 4711'],
  'fill order 7': ['corrupt', 'field 266 holds 7'],
  'width twice': ['corrupt', 'field 256 has 2 values'],
  'width as float': ['corrupt', 'field 256 has the type 12'],
  'tiles without size': ['corrupt', 'its tile width is missing or zero'],
  'more tiles than bytes': ['too-large', 'states 3906250000 tiles'],
  'tile of four thousand million': ['too-large', 'tiles of 4000000000 × 4000000000'],
  'unequal bits': ['unsupported', 'bands of different types (field 258: 8, 16, 8)'],
  'strip past the end': ['corrupt', 'strip 1 of 2 ends at byte 1000512'],
  'strip at the last offset': ['corrupt', 'strip 1 of 2 ends at byte 4294967807'],
  'strip with position but no length': ['corrupt', 'strip 1: it has a position but no length'],
  'strip too short': ['corrupt', 'strip 1: it has 17 bytes where 512 are needed'],
  'fewer strips than rows need': ['corrupt', 'it lists 2 of its 32 tiles or strips'],
  'no strips': ['corrupt', 'does not say where its pixels are'],
  'table of strips past the end': ['corrupt', 'points to 128 bytes at 100000000'],
  'BigTIFF table of 2^60 strips': ['corrupt', 'cut short'],
  'deflate bomb behind a small image': ['corrupt', 'longer than the block'],
  'deflate bomb in one strip': ['too-large', 'decompression bomb'],
  'deflate strip that cannot fill its image': ['corrupt', 'cannot hold its 268435456'],
  'zstd bomb behind a small image': ['corrupt', 'longer than the block'],
  'zstd bomb in one strip': ['too-large', 'decompression bomb'],
  'LZW strip that cannot fill its image': ['corrupt', '105 bytes cannot hold its 268435456'],
  'LZW codes that refer to themselves': ['corrupt', 'it ends after 0 of 1024 bytes'],
  'LZW of the last code only': ['corrupt', 'its LZW data cannot be decoded (invalid code)'],
  'PackBits strip that ends early': ['corrupt', 'it ends after 128 of 1024 bytes'],
  'PackBits strip that cannot fill its image': ['corrupt', '64 bytes cannot hold its 268435456'],
  'LERC header without data': ['corrupt', 'its LERC data cannot be decoded'],
  'LERC strip in a huge image': ['too-large', '3600000000 bytes each'],
  'JPEG that claims another size': ['corrupt', 'a JPEG of 65500 x 65500 x 1, 8 bits'],
  'JPEG with five components': ['corrupt', 'a JPEG of 32 x 32 x 5, 8 bits'],
  'JPEG without end': ['corrupt', 'its JPEG stream has no frame'],
  'WebP that claims another size': ['corrupt', 'it holds 16384 x 16384 pixels, not 32 x 32'],
  'deflate noise': ['corrupt', 'its Deflate data cannot be decoded'],
  'zstd noise': ['corrupt', 'its ZSTD data cannot be decoded'],
  'predictor 3 for integers': ['corrupt', 'predictor 3 does not go with 8-bit samples'],
  'predictor 77': ['corrupt', 'field 317 holds 77'],
  'XML bomb': ['corrupt', 'hold a document type'],
  'XML with an outside entity': ['corrupt', 'hold a document type'],
  'XML of 100,000 levels': ['corrupt', 'hold elements that are nested too deeply'],
  'XML of 300,000 elements': ['corrupt', 'hold too many elements'],
  'text of two gigabytes': ['corrupt', 'points to 2147483648 bytes at 8'],
  'nodata text past the end': ['corrupt', 'points to 64 bytes at 1000000000'],
  'GeoKeys past their doubles': ['corrupt', 'GeoKey 2057 points outside'],
  'GeoKeys past their text': ['corrupt', 'GeoKey 1026 points outside'],
  'GeoKeys past their directory': ['corrupt', 'GeoKey 2062 points outside'],
  'transform that is not a number': ['corrupt', 'numbers that are not finite'],
  'infinite pixel scale': ['corrupt', 'numbers that are not finite'],
  'tiepoint that is not a number': ['corrupt', 'numbers that are not finite'],
  'empty file': ['unknown-format', 'does not begin like a TIFF file'],
  'header alone': ['corrupt', 'ends at byte 8'],
  '65,535 fields': ['corrupt', 'states 65535 fields'],
  'no fields': ['corrupt', 'states 0 fields'],
  '70,000 fields': ['corrupt', 'states 70000 fields'],
  '2^63 fields': ['corrupt', 'states Infinity fields'],
  'first directory nowhere': ['corrupt', 'it holds no image'],
  'first directory past the end': ['corrupt', 'points to 2 bytes at 4294967295'],
  'BigTIFF directory past 2^63': ['corrupt', 'cut short'],
  'BigTIFF with 4-byte offsets': ['corrupt', 'states 4-byte offsets, not 8'],
  'VRT of a system file': ['unknown-format', 'does not begin like a TIFF file'],
  'VRT of an address': ['unknown-format', 'does not begin like a TIFF file'],
};

describe('what a user is told', () => {
  it('about each attack file names what is wrong with it', async () => {
    const wrong: string[] = [];
    const named = attackFiles().filter(({ name }) => !/ cut at \d+$/.test(name));
    expect(named.map(({ name }) => name).sort()).toEqual(Object.keys(attacks).sort());
    for (const { name, bytes } of named) {
      const [code, words] = attacks[name]!;
      const told = await refusal(bytes);
      if (told?.[0] !== code || !told[1].includes(words)) wrong.push(`${name}: ${told?.join()}`);
    }
    expect(wrong).toEqual([]);
  });

  const odd: readonly [name: string, WrittenField[], AppError['code'], words: string][] = [
    ...(
      [
        [{ tag: 262, type: 3, values: [6] }, 'stores YCbCr colours (none)'],
        [{ tag: 262, type: 3, values: [8] }, 'stores Lab or LogLuv colours'],
        [{ tag: 339, type: 3, values: [5] }, 'stores complex samples'],
        [{ tag: 339, type: 3, values: [6] }, 'stores complex samples'],
        [{ tag: 339, type: 3, values: [3] }, '8-bit samples (sample format 3)'],
        [{ tag: 259, type: 3, values: [34925] }, 'compressed with LZMA'],
      ] as const
    ).map(([field, words]): [string, WrittenField[], 'unsupported', string] => [
      words,
      [{ ...field, values: [...field.values] }],
      'unsupported',
      words,
    ]),
    [
      'unknown compression of Lab colours',
      [
        { tag: 259, type: 3, values: [4711] },
        { tag: 262, type: 3, values: [9] },
      ],
      'unsupported',
      'Lab or LogLuv colours (4711)',
    ],
    ['extra sample 5', [{ tag: 338, type: 3, values: [5] }], 'corrupt', 'samples of kinds 5'],
    ['two extras', [{ tag: 338, type: 3, values: [0, 0] }], 'corrupt', 'samples of kinds 0, 0'],
    [
      'a list too long',
      [{ tag: 33550, type: 1, values: [1], rawCount: 2 ** 20 + 1, rawPosition: 8 }],
      'corrupt',
      'field 33550 states 1048577 values',
    ],
    [
      'scale as unknown type',
      [{ tag: 33550, type: 99, values: [], rawCount: 3 }],
      'corrupt',
      'field 33550 has the type 99',
    ],
  ];

  it.each(odd)('about odd fields: %s', async (_, fields, code, words) => {
    const replaced = new Set(fields.map(({ tag }) => tag));
    const plain = imageFields({ width: 4, height: 4 }).filter(({ tag }) => !replaced.has(tag));
    const { bytes } = writeTiff({
      directories: [{ fields: [...plain, ...fields], blocks: [new Uint8Array(16)] }],
    });
    expect(await refusal(bytes)).toEqual([code, expect.stringContaining(words)]);
  });

  it('about a text that only claims its size, in a file as large as it says', async () => {
    const fields: WrittenField[] = [
      ...imageFields({ width: 4, height: 4 }),
      { tag: 42112, type: 2, values: 'x', rawCount: 2 ** 26 + 1, rawPosition: 8 },
    ];
    writeFileSync(
      path,
      writeTiff({ directories: [{ fields, blocks: [new Uint8Array(16)] }] }).bytes,
    );
    // A sparse file: the bytes are there to read, and take no room.
    truncateSync(path, 2 ** 27);
    await expect(openTiff(path)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringContaining('a field (42112) of 67108865 bytes') as string,
    });
  });

  it('about a version of TIFF that nobody has written yet', async () => {
    expect(await refusal(Uint8Array.of(0x49, 0x49, 44, 0, 8, 0, 0, 0))).toEqual([
      'unknown-format',
      expect.stringContaining('does not begin like a TIFF file'),
    ]);
  });

  it.each([
    ['past the end', [324, 325], [8, 1e6], 'tile 1 of 2 ends at byte 1000256'],
    ['too short', [324, 325], [8, 100], 'tile 1: it has 8 bytes where 256 are needed'],
  ] as const)('about a tile %s', async (name, [offsets, lengths], [first, second], words) => {
    const short = name === 'too short';
    const fields: WrittenField[] = [
      ...imageFields({ width: 32, height: 16, tile: 16 }),
      { tag: offsets, type: 4, values: [first, second] },
      { tag: lengths, type: 4, values: [256, short ? 8 : 256] },
      { tag: 65000, type: 1, values: new Array<number>(512).fill(7) },
    ];
    const { bytes } = writeTiff({ directories: [{ fields, blocks: [] }] });
    expect(await refusal(bytes)).toEqual(['corrupt', expect.stringContaining(words)]);
  });

  it('about CMYK colours names the way out', async () => {
    const fields = imageFields({ width: 2, height: 2, samples: 4, photometric: 5 });
    const { bytes } = writeTiff({ directories: [{ fields, blocks: [new Uint8Array(16)] }] });
    expect(await refusal(bytes)).toEqual([
      'unsupported',
      expect.stringMatching(/stores CMYK colours \(none\).*gdal_translate/s),
    ]);
  });
});

/** A TIFF of 4 × 4 bytes in two strips whose tables are given as fields. */
function tables(fields: readonly WrittenField[], compression = 1): Uint8Array {
  const image = imageFields({ width: 4, height: 4, rowsPerStrip: 2, compression });
  return writeTiff({ directories: [{ fields: [...image, ...fields], blocks: [] }] }).bytes;
}

describe('tables of strips', () => {
  const offsets: WrittenField = { tag: 273, type: 4, values: [8, 16] };
  it.each<[string, WrittenField[], string]>([
    ['no lengths', [offsets], 'does not say how long its strips are'],
    [
      'fewer lengths than strips',
      [offsets, { tag: 279, type: 4, values: [8] }],
      'the lengths of 1 of its 2',
    ],
    [
      'tiles beside strips',
      [offsets, { tag: 279, type: 4, values: [8, 8] }, { tag: 324, type: 4, values: [8, 16] }],
      'lists its pixels twice',
    ],
    [
      'positions as floats',
      [
        { tag: 273, type: 12, values: [8, 16] },
        { tag: 279, type: 4, values: [8, 8] },
      ],
      'table of tiles or strips has the type 12',
    ],
  ])('%s: refused', async (_, fields, words) => {
    expect(await refusal(tables(fields))).toEqual(['corrupt', expect.stringContaining(words)]);
  });
});
