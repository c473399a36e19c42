import type { Random } from '../../../../app/random.ts';

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

/** Where a directory and its entries lie. */
type Map = {
  readonly little: boolean;
  readonly big: boolean;
  readonly entries: number;
  readonly count: number;
  readonly entryBytes: number;
};

/** Damages a well-formed file in one to three ways, the same ones for the same `random`. */
export function mutate(source: Uint8Array<ArrayBuffer>, random: Random): Uint8Array<ArrayBuffer> {
  let bytes = source.slice();
  const maps = mapsOf(bytes);
  for (let rounds = Math.max(1, random.integer(4)); rounds > 0; rounds--) {
    const operator = drawn[random.integer(drawn.length)]!;
    bytes = operator(bytes, maps[random.integer(maps.length)]!, random);
  }
  return bytes;
}

/** All directories of a well-formed file: image, overviews, masks. */
function mapsOf(bytes: Uint8Array<ArrayBuffer>): Map[] {
  const view = new DataView(bytes.buffer);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43;
  const entryBytes = big ? 20 : 12;
  const pointer = (at: number): number =>
    big ? Number(view.getBigUint64(at, little)) : view.getUint32(at, little);
  const maps: Map[] = [];
  for (let start = pointer(big ? 8 : 4); start !== 0; ) {
    const count = big ? Number(view.getBigUint64(start, little)) : view.getUint16(start, little);
    const entries = start + (big ? 8 : 2);
    maps.push({ little, big, entries, count, entryBytes });
    start = pointer(entries + count * entryBytes);
  }
  return maps;
}

type Operator = (
  bytes: Uint8Array<ArrayBuffer>,
  map: Map,
  random: Random,
) => Uint8Array<ArrayBuffer>;

/** With how often each is drawn: what every reader refuses at once is worth less than what gets deep into one. */
const operators: readonly (readonly [operator: Operator, times: number])[] = [
  // Single bytes anywhere.
  [
    (bytes, _map, random) => {
      for (let i = 1 + random.integer(8); i > 0; i--)
        bytes[random.integer(bytes.length)] = random.integer(256);
      return bytes;
    },
    3,
  ],
  // The end is cut off.
  [(bytes, _map, random) => bytes.slice(0, 1 + random.integer(bytes.length)), 1],
  // The type of a field.
  [
    (bytes, map, random) =>
      onEntry(bytes, map, random, (view, at) =>
        view.setUint16(at + 2, random.integer(20), map.little),
      ),
    1,
  ],
  // The count of a field.
  [
    (bytes, map, random) =>
      onEntry(bytes, map, random, (view, at) => put(view, at + 4, pickMagic(random), map)),
    2,
  ],
  // The value of a field.
  [
    (bytes, map, random) =>
      onEntry(bytes, map, random, (view, at) =>
        put(view, at + (map.big ? 12 : 8), pickMagic(random), map),
      ),
    2,
  ],
  // The place of the next directory.
  [
    (bytes, map, random) => {
      const at = map.entries + map.count * map.entryBytes;
      if (at + 8 <= bytes.length)
        put(new DataView(bytes.buffer), at, random.integer(bytes.length + 64), map);
      return bytes;
    },
    1,
  ],
  // A field over another one.
  [
    (bytes, map, random) =>
      onEntry(bytes, map, random, (_view, at) => {
        const other = map.entries + random.integer(map.count) * map.entryBytes;
        bytes.copyWithin(at, other, other + map.entryBytes);
      }),
    1,
  ],
  // A run of noise in the pixels.
  [
    (bytes, map, random) => {
      const at = random.integer(Math.min(map.entries, bytes.length));
      for (let i = at; i < Math.min(bytes.length, at + 32); i++) bytes[i] = random.integer(256);
      return bytes;
    },
    4,
  ],
  // The number of a field.
  [
    (bytes, map, random) =>
      onEntry(bytes, map, random, (view, at) =>
        view.setUint16(at, 254 + random.integer(90), map.little),
      ),
    1,
  ],
];

const drawn = operators.flatMap(([operator, times]) => new Array<Operator>(times).fill(operator));

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
