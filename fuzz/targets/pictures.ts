import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { encode } from 'fast-png';
import { codestreamOf, jp2Of, jpegOf } from '../encode.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { randomPng } from '../mutate/pngGrammar.ts';
import type { Attacked, Target } from '../target.ts';
import { sceneFacts } from './sceneFacts.ts';

type Seed = readonly [name: string, bytes: Uint8Array];

/** Files of one format, damaged anywhere; half of them with their lengths left alone. */
function bytesOfSeeds(seeds: readonly Seed[], file: string): Attacked {
  return {
    wellFormed: seeds.map(([seed, bytes]) => ({ seed, files: { [file]: bytes } })),
    make: (random) => {
      const [seed, bytes] = pick(seeds, random);
      const damaged =
        random.integer(2) === 0 ? flipBytes(bytes, random, 4) : mutateBytes(bytes, random);
      return { seed, files: { [file]: damaged } };
    },
    read: (folder) => sceneFacts(join(folder, file)),
  };
}

function pngSeeds(): Seed[] {
  const image = (channels: number, depth: 8 | 16): Uint8Array => {
    const [width, height] = [23, 17];
    const data = Array.from({ length: width * height * channels }, (_, i) => (i * 5) & 255);
    const samples = depth === 8 ? Uint8Array.from(data) : Uint16Array.from(data, (v) => v * 257);
    return encode({ width, height, data: samples, channels, depth });
  };
  return [
    ['grey 8', image(1, 8)],
    ['grey 16', image(1, 16)],
    ['grey and alpha', image(2, 8)],
    ['colour 8', image(3, 8)],
    ['colour 16', image(3, 16)],
    ['colour and alpha', image(4, 8)],
  ];
}

/** The checksums of chunks made right again, so that what they hold is reached. */
function withChecksums(bytes: Buffer): Buffer {
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (at + 12 + length > bytes.length) break;
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 8 + length)), at + 8 + length);
    at += 12 + length;
  }
  return bytes;
}

export const png: Target = {
  name: 'png',
  group: 'rasters',
  counts: { short: 300, usual: 10_000, long: 200_000 },
  compared: { file: 'case.png', driver: 'PNG' },
  open: async () => {
    const attacked = bytesOfSeeds(pngSeeds(), 'case.png');
    const make: Attacked['make'] = (random, index) => {
      if (index % 2 === 1) return { seed: 'grammar', files: { 'case.png': randomPng(random) } };
      const { seed, files } = attacked.make(random, index);
      const bytes = Buffer.from(files['case.png']!);
      return { seed, files: { 'case.png': index % 4 === 0 ? bytes : withChecksums(bytes) } };
    };
    return { ...attacked, make };
  },
};

async function jpegSeeds(): Promise<Seed[]> {
  return [
    ['grey', await jpegOf({ componentCount: 1, progressive: false })],
    ['progressive grey', await jpegOf({ componentCount: 1, progressive: true })],
    ['colour', await jpegOf({ componentCount: 3, progressive: false })],
    ['progressive colour', await jpegOf({ componentCount: 3, progressive: true })],
  ];
}

export const jpeg: Target = {
  name: 'jpeg',
  group: 'rasters',
  counts: { short: 300, usual: 10_000, long: 200_000 },
  open: async () => bytesOfSeeds(await jpegSeeds(), 'case.jpg'),
};

async function jpeg2000Seeds(): Promise<Seed[]> {
  const small = { width: 37, height: 29, tile: 64 } as const;
  const kinds = [
    { ...small, componentCount: 1, bits: 8, signed: false, levels: 2 },
    { ...small, componentCount: 1, bits: 16, signed: false, levels: 3 },
    { ...small, componentCount: 1, bits: 16, signed: true, levels: 0 },
    { ...small, componentCount: 3, bits: 8, signed: false, levels: 1 },
    { width: 70, height: 50, tile: 32, componentCount: 1, bits: 16, signed: false, levels: 2 },
  ] as const;
  const streams = await Promise.all(kinds.map(codestreamOf));
  return streams.flatMap((stream, i): Seed[] => [
    [`codestream ${i}`, stream],
    [`JP2 ${i}`, jp2Of(stream, kinds[i]!)],
  ]);
}

export const jpeg2000: Target = {
  name: 'jpeg2000',
  group: 'rasters',
  counts: { short: 200, usual: 5000, long: 100_000 },
  compared: { file: 'case.jp2', driver: 'JP2OpenJPEG' },
  open: async () => bytesOfSeeds(await jpeg2000Seeds(), 'case.jp2'),
};
