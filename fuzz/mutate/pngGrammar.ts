// PNGs of every colour type, depth and order of rows, with odd filters, palettes and lengths; their checksums are right.
import { crc32, deflateSync } from 'node:zlib';
import type { Random } from '../../app/random.ts';
import { pick } from './bytes.ts';

const channels: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const tail = Buffer.alloc(4);
  tail.writeUInt32BE(crc32(body));
  return Buffer.concat([head, body, tail]);
}

/** Rows of the passes of Adam7: first column and row, steps. */
const adam7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

function rowLengths(header: {
  width: number;
  height: number;
  bits: number;
  interlaced: boolean;
}): number[] {
  const { width, height, bits, interlaced } = header;
  const passes = interlaced ? adam7 : ([[0, 0, 1, 1]] as const);
  return passes.flatMap(([x, y, stepX, stepY]) => {
    const columns = Math.ceil((width - x) / stepX);
    const rows = Math.ceil((height - y) / stepY);
    if (columns <= 0 || rows <= 0) return [];
    return new Array<number>(rows).fill(Math.ceil((columns * bits) / 8));
  });
}

type Kind = {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
};

type Once = (times: number) => boolean;

/** The first chunk, which lies now and then. */
function headerOf(kind: Kind, random: Random, once: Once): Buffer {
  const sides = [0, 1, 2 ** 31, 65535, 21] as const;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(once(50) ? pick(sides, random) : kind.width, 0);
  header.writeUInt32BE(once(50) ? pick(sides, random) : kind.height, 4);
  header.set([kind.depth, kind.colour, 0, 0, kind.interlaced ? 1 : 0], 8);
  if (once(30)) header[8 + random.integer(5)] = random.integer(256);
  return header;
}

/** One PNG, most often well-formed. */
export function randomPng(random: Random): Buffer {
  const oddOnceIn: Once = (times) => random.integer(times) === 0;
  const colour = pick([0, 2, 3, 4, 6], random);
  const depths = colour === 3 ? [1, 2, 4, 8] : colour === 0 ? [1, 2, 4, 8, 16] : [8, 16];
  const depth = pick(depths, random);
  const interlaced = random.integer(2) === 1;
  const [width, height] = [1 + random.integer(20), 1 + random.integer(20)];
  const header = headerOf({ width, height, depth, colour, interlaced }, random, oddOnceIn);
  const bits = depth * channels[colour]!;
  const rows = rowLengths({ width, height, bits, interlaced }).map((length) => {
    const row = Buffer.from(Array.from({ length: 1 + length }, () => random.integer(256)));
    row[0] = oddOnceIn(400) ? random.integer(256) : random.integer(5);
    return row;
  });
  if (oddOnceIn(20)) rows.push(Buffer.alloc(1 + random.integer(9)));
  if (oddOnceIn(20)) rows.pop();
  const data = deflateSync(Buffer.concat(rows));
  const cut = random.integer(data.length + 1);
  const parts = [
    ...extraChunks(colour, random, oddOnceIn),
    chunk('IDAT', data.subarray(0, cut)),
    ...(oddOnceIn(20) ? [chunk('tEXt', Buffer.alloc(12, 65))] : []),
    chunk('IDAT', data.subarray(cut)),
  ];
  if (oddOnceIn(20)) parts.reverse();
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...parts,
    ...(oddOnceIn(30) ? [] : [chunk('IEND', Buffer.alloc(0))]),
  ]);
}

/** What stands before the pixels. */
function extraChunks(colour: number, random: Random, once: Once): Buffer[] {
  const noise = (length: number): Buffer =>
    Buffer.from(Array.from({ length }, () => random.integer(256)));
  const palette = colour === 3 || once(10);
  return [
    ...(palette ? [chunk('PLTE', noise(once(8) ? random.integer(800) : 768))] : []),
    ...(once(3) ? [chunk('tRNS', noise(pick([0, 1, 2, 6, 16, 256], random)))] : []),
    ...(once(10) ? [chunk('gAMA', noise(4)), chunk('zzZz', noise(9))] : []),
  ];
}
