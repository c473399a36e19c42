import { createRandom, type Random } from '../../../../app/random.ts';

/** Values that headers are not expected to hold. */
const magic = [
  0,
  1,
  2,
  3,
  7,
  8,
  16,
  255,
  256,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  34735,
];

/** Where a file's directory and entries lie. */
type Map = {
  readonly little: boolean;
  readonly big: boolean;
  readonly entries: number;
  readonly count: number;
  readonly entryBytes: number;
};

/** Damages a well-formed file in one to three ways; the same seed number gives the same file. */
export function mutate(source: Uint8Array, seed: number): Uint8Array<ArrayBuffer> {
  const random = createRandom(seed, 'mutate');
  let bytes = source.slice();
  const map = mapOf(bytes);
  for (let rounds = 1 + random.integer(3); rounds > 0; rounds--) {
    const operator = operators[random.integer(operators.length)]!;
    bytes = operator(bytes, map, random);
  }
  return bytes;
}

function mapOf(bytes: Uint8Array<ArrayBuffer>): Map {
  const view = new DataView(bytes.buffer);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const start = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
  return { little, big, entries: start + (big ? 8 : 2), count, entryBytes: big ? 20 : 12 };
}

type Operator = (
  bytes: Uint8Array<ArrayBuffer>,
  map: Map,
  random: Random,
) => Uint8Array<ArrayBuffer>;

/** The eight operators. */
const operators: readonly Operator[] = [
  // Single bytes anywhere.
  (bytes, _map, random) => {
    for (let i = 1 + random.integer(8); i > 0; i--)
      bytes[random.integer(bytes.length)] = random.integer(256);
    return bytes;
  },
  // The end is cut off.
  (bytes, _map, random) => bytes.slice(0, 1 + random.integer(bytes.length)),
  // The type of a field.
  (bytes, map, random) =>
    onEntry(bytes, map, random, (view, at) =>
      view.setUint16(at + 2, random.integer(20), map.little),
    ),
  // The count of a field.
  (bytes, map, random) =>
    onEntry(bytes, map, random, (view, at) => put(view, at + 4, pickMagic(random), map)),
  // The value of a field.
  (bytes, map, random) =>
    onEntry(bytes, map, random, (view, at) =>
      put(view, at + (map.big ? 12 : 8), pickMagic(random), map),
    ),
  // The place of the next directory.
  (bytes, map, random) => {
    const at = map.entries + map.count * map.entryBytes;
    if (at + 8 <= bytes.length)
      put(new DataView(bytes.buffer), at, random.integer(bytes.length + 64), map);
    return bytes;
  },
  // A field over another one.
  (bytes, map, random) =>
    onEntry(bytes, map, random, (_view, at) => {
      const other = map.entries + random.integer(map.count) * map.entryBytes;
      bytes.copyWithin(at, other, other + map.entryBytes);
    }),
  // A run of noise in the pixels.
  (bytes, map, random) => {
    const at = random.integer(Math.min(map.entries, bytes.length));
    for (let i = at; i < Math.min(bytes.length, at + 32); i++) bytes[i] = random.integer(256);
    return bytes;
  },
  // The number of a field.
  (bytes, map, random) =>
    onEntry(bytes, map, random, (view, at) =>
      view.setUint16(at, 254 + random.integer(90), map.little),
    ),
];

function pickMagic(random: Random): number {
  return magic[random.integer(magic.length)]!;
}

function put(view: DataView, at: number, value: number, { little, big }: Map): void {
  if (at + (big ? 8 : 4) > view.byteLength) return;
  if (big) view.setBigUint64(at, BigInt(value), little);
  else view.setUint32(at, value, little);
}

function onEntry(
  bytes: Uint8Array<ArrayBuffer>,
  map: Map,
  random: Random,
  change: (view: DataView, at: number) => void,
): Uint8Array<ArrayBuffer> {
  const at = map.entries + random.integer(map.count) * map.entryBytes;
  if (at + map.entryBytes <= bytes.length) change(new DataView(bytes.buffer), at);
  return bytes;
}
