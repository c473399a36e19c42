import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matFile } from '../../main/raster/scenes/testing/files.ts';
import { mat73Of } from '../encode.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { mutateText } from '../mutate/text.ts';
import type { Attacked, Target } from '../target.ts';
import { sceneFacts } from './sceneFacts.ts';

type Seed = readonly [name: string, bytes: Buffer];

function damaged(seeds: readonly Seed[]): Attacked {
  const file = 'case.mat';
  return {
    wellFormed: seeds.map(([seed, bytes]) => ({ seed, files: { [file]: bytes } })),
    make: (random) => {
      const [seed, bytes] = pick(seeds, random);
      const flipped = random.integer(3) === 0;
      return {
        seed,
        files: { [file]: flipped ? flipBytes(bytes, random) : mutateBytes(bytes, random) },
      };
    },
    read: async (folder) => {
      await sceneFacts(join(folder, file));
    },
  };
}

function matSeeds(): Seed[] {
  const values = Array.from({ length: 60 }, (_, i) => i % 100);
  const cube = { name: 'cube', dimensions: [4, 5, 3], values } as const;
  return [
    ['int16', matFile([{ ...cube, type: 'int16' }])],
    ['packed float64', matFile([{ ...cube, type: 'float64', compressed: true }])],
    ['big-endian uint8', matFile([{ ...cube, type: 'uint8' }], true)],
    [
      'spectra and size',
      matFile([
        { name: 'Y', dimensions: [3, 20], type: 'float32', values },
        { name: 'nRow', dimensions: [1, 1], type: 'float64', values: [4] },
        { name: 'nCol', dimensions: [1, 1], type: 'float64', values: [5], compressed: true },
        { name: 'complex', dimensions: [2, 2], type: 'float64', values: [1, 2, 3, 4] },
      ]),
    ],
  ];
}

export const mat5: Target = {
  name: 'mat5',
  group: 'rasters',
  counts: { short: 500, usual: 20_000, long: 400_000 },
  open: async () => damaged(matSeeds()),
};

export const mat73: Target = {
  name: 'mat73',
  group: 'rasters',
  // Each file gets a thread of its own, a tenth of a second.
  counts: { short: 20, usual: 2000, long: 50_000 },
  // The library asks Node's insides for the numbers of flags, which a confined process may not.
  unconfined: true,
  startsThreads: true,
  open: async (folder) => {
    return damaged([
      ['contiguous', await mat73Of(folder, false)],
      ['chunked', await mat73Of(folder, true)],
    ]);
  },
};

const header = `ENVI
description = {
  a scene}
samples = 7
lines = 5
bands = 3
header offset = 0
file type = ENVI Standard
data type = 2
interleave = bil
byte order = 0
map info = {UTM, 1.0, 1.0, 500000.0, 5000000.0, 10.0, 10.0, 33, North, WGS-84, units=Meters}
coordinate system string = {PROJCS["WGS_1984_UTM_Zone_33N",GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["Central_Meridian",15.0],UNIT["Meter",1.0]]}
wavelength units = Micrometers
wavelength = { 0.48,
 0.65, 1.65}
fwhm = {0.01, 0.02, 0.02}
bbl = {1, 0, 1}
reflectance scale factor = 10000
data ignore value = 5
band names = {Blue, Red, "Short, wave"}
`;

/** Other orders, types and headers of classes. */
const headers = [
  header,
  header.replace('bil', 'bip').replace('data type = 2', 'data type = 12'),
  header.replace('bil', 'bsq').replace('byte order = 0', 'byte order = 1'),
  header
    .replace('data type = 2', 'data type = 1')
    .replace(
      'Standard',
      'Classification\nclasses = 3\nclass names = {None, A, B}\nclass lookup = {0,0,0, 255,0,0, 0,255,0}',
    ),
] as const;

/** GDAL ends a header at a line over 10,000 characters, without a word, and takes what is missing for bytes in order. */
function endlessLine(folder: string): string | undefined {
  const lines = readFileSync(join(folder, 'case.hdr'), 'latin1').split('\n');
  const endless = lines.some((line) => line.length > 9990);
  return endless ? 'GDAL ends a header at a line over 10,000 characters' : undefined;
}

export const envi: Target = {
  name: 'envi',
  group: 'rasters',
  counts: { short: 400, usual: 20_000, long: 400_000 },
  compared: { file: 'case.img', driver: 'ENVI', known: endlessLine },
  open: async () => {
    const data = Buffer.from(Array.from({ length: 210 }, (_, i) => i * 3));
    const filesOf = (text: Buffer, bytes: Buffer) => ({ 'case.img': bytes, 'case.hdr': text });
    return {
      wellFormed: headers.map((text, i) => ({
        seed: `header ${i}`,
        files: filesOf(Buffer.from(text), data),
      })),
      make: (random) => {
        const bytes = random.integer(10) === 0 ? mutateBytes(data, random) : data;
        const text = mutateText(pick(headers, random), random);
        return { seed: 'header', files: filesOf(text, bytes) };
      },
      read: (folder) => sceneFacts(join(folder, 'case.img')),
    };
  },
};
