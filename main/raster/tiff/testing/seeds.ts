// Small well-formed TIFFs of every layout the reader knows, written here so that nothing but this folder is needed.
import { deflateSync, zstdCompressSync } from 'node:zlib';
import { createRandom } from '../../../../app/random.ts';
import { encodeLzw, encodePackBits } from './encode.ts';
import { imageFields, type WrittenField, writeTiff } from './writeTiff.ts';

export type Seed = { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };

type Kind = {
  readonly compression: number;
  readonly predictor?: 2 | 3;
  readonly bits: 8 | 16 | 32 | 64;
  readonly format: 1 | 2 | 3;
  readonly samples: number;
  readonly planar?: boolean;
  readonly tiled?: boolean;
  readonly big?: boolean;
  readonly bigEndian?: boolean;
};

const [width, height, tile, rowsPerStrip] = [37, 29, 16, 8];

const kinds: readonly Kind[] = [
  { compression: 1, bits: 8, format: 1, samples: 1 },
  { compression: 1, bits: 16, format: 1, samples: 3, bigEndian: true },
  { compression: 1, bits: 32, format: 3, samples: 2, planar: true },
  { compression: 1, bits: 64, format: 3, samples: 1, tiled: true, big: true },
  { compression: 1, bits: 16, format: 2, samples: 4, tiled: true, bigEndian: true },
  { compression: 1, bits: 64, format: 1, samples: 1, big: true, bigEndian: true },
  { compression: 5, bits: 8, format: 1, samples: 3 },
  { compression: 5, bits: 16, format: 1, samples: 2, predictor: 2, tiled: true },
  { compression: 5, bits: 32, format: 1, samples: 1, predictor: 2, bigEndian: true },
  { compression: 5, bits: 8, format: 2, samples: 2, planar: true, big: true },
  { compression: 8, bits: 8, format: 1, samples: 1, tiled: true },
  { compression: 8, bits: 16, format: 1, samples: 5, predictor: 2 },
  { compression: 8, bits: 16, format: 2, samples: 3, predictor: 2, planar: true, tiled: true },
  { compression: 8, bits: 32, format: 3, samples: 2, predictor: 3 },
  { compression: 8, bits: 64, format: 3, samples: 1, predictor: 3, tiled: true, bigEndian: true },
  { compression: 8, bits: 64, format: 2, samples: 2, predictor: 2 },
  { compression: 8, bits: 32, format: 2, samples: 1, predictor: 2, big: true },
  { compression: 32946, bits: 16, format: 1, samples: 1, bigEndian: true },
  { compression: 50000, bits: 16, format: 1, samples: 3, predictor: 2, tiled: true },
  { compression: 50000, bits: 32, format: 3, samples: 1, predictor: 3, big: true },
  { compression: 50000, bits: 8, format: 1, samples: 4, planar: true },
  { compression: 50000, bits: 64, format: 1, samples: 1, tiled: true },
  { compression: 32773, bits: 8, format: 1, samples: 1 },
  { compression: 32773, bits: 16, format: 1, samples: 2, tiled: true, bigEndian: true },
  { compression: 32773, bits: 32, format: 3, samples: 1, planar: true },
  { compression: 8, bits: 8, format: 1, samples: 2, tiled: true, big: true, bigEndian: true },
];

/** All seeds, the same at every call. */
export function seeds(): Seed[] {
  return kinds.map((kind, index) => {
    const name = `seed-${index}-${Object.values(kind).join('-')}`;
    return { name, bytes: writeSeed(kind, index) };
  });
}

function writeSeed(kind: Kind, index: number): Uint8Array<ArrayBuffer> {
  const { compression, predictor, bits, format, samples, planar, tiled } = kind;
  const values = image(kind, index);
  const fields = imageFields({
    ...{ width, height, bits, samples, compression, format },
    ...(predictor === undefined ? {} : { predictor }),
    ...(planar === true ? { planar: 2 } : {}),
    ...(tiled === true ? { tile } : { rowsPerStrip }),
  });
  return writeTiff({
    littleEndian: kind.bigEndian !== true,
    bigTiff: kind.big === true,
    directories: [
      { fields: [...fields, ...reference], blocks: blocksOf(kind, values), tiled: tiled === true },
    ],
  }).bytes;
}

const reference: readonly WrittenField[] = [
  { tag: 33550, type: 12, values: [10, 10, 0] },
  { tag: 33922, type: 12, values: [0, 0, 0, 500_000, 5_000_000, 0] },
  { tag: 34735, type: 3, values: [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633] },
];

/** Pixel-interleaved samples as unsigned integers of the sample's width: smooth with noise, floats included. */
function image({ bits, format, samples }: Kind, index: number): bigint[] {
  const random = createRandom(index, 'seed');
  const float = new DataView(new ArrayBuffer(8));
  return Array.from({ length: width * height * samples }, (_, i) => {
    const value = Math.floor(i / 7) + random.integer(40);
    if (format !== 3) return BigInt(value) & ((1n << BigInt(bits)) - 1n);
    if (bits === 32) float.setFloat32(0, value / 16);
    else float.setFloat64(0, value / 16);
    return bits === 32 ? BigInt(float.getUint32(0)) : float.getBigUint64(0);
  });
}

function blocksOf(kind: Kind, values: readonly bigint[]): Uint8Array[] {
  const planes = kind.planar === true ? kind.samples : 1;
  const blockWidth = kind.tiled === true ? tile : width;
  const blockHeight = kind.tiled === true ? tile : rowsPerStrip;
  const result: Uint8Array[] = [];
  for (let plane = 0; plane < planes; plane++) {
    for (let y = 0; y < height; y += blockHeight) {
      const rows = kind.tiled === true ? blockHeight : Math.min(blockHeight, height - y);
      for (let x = 0; x < width; x += blockWidth) {
        const lines = Array.from({ length: rows }, (_, i) =>
          lineOf(kind, values, { plane, row: y + i, from: x, to: x + blockWidth }),
        );
        result.push(compress(kind, Buffer.concat(lines.map((line) => encodeRow(kind, line)))));
      }
    }
  }
  return result;
}

/** The samples of one row of a block, 0 outside the image. */
function lineOf(
  { samples, planar }: Kind,
  values: readonly bigint[],
  place: { plane: number; row: number; from: number; to: number },
): bigint[] {
  const line: bigint[] = [];
  for (let column = place.from; column < place.to; column++) {
    const inside = place.row < height && column < width;
    const at = (place.row * width + column) * samples;
    const pixel = values.slice(at, at + samples);
    const stored = planar === true ? pixel.slice(place.plane, place.plane + 1) : pixel;
    line.push(...(inside ? stored : new Array<bigint>(planar === true ? 1 : samples).fill(0n)));
  }
  return line;
}

function encodeRow(
  { bits, predictor, samples, planar, bigEndian }: Kind,
  line: readonly bigint[],
): Uint8Array {
  const step = planar === true ? 1 : samples;
  const size = bits / 8;
  const byte = (value: bigint, place: number): number =>
    Number((value >> BigInt(8 * place)) & 255n);
  if (predictor === 3) {
    // Planes of bytes, the most significant first, then differences of bytes.
    const planes = Array.from({ length: size }, (_, i) =>
      line.map((value) => byte(value, size - 1 - i)),
    ).flat();
    return Uint8Array.from(planes, (value, i) => (i < step ? value : value - planes[i - step]!));
  }
  const mask = (1n << BigInt(bits)) - 1n;
  const stored = line.map((value, i) =>
    predictor === 2 && i >= step ? (value - line[i - step]!) & mask : value,
  );
  return Uint8Array.from(
    stored.flatMap((value) =>
      Array.from({ length: size }, (_, i) => byte(value, bigEndian === true ? size - 1 - i : i)),
    ),
  );
}

function compress({ compression }: Kind, bytes: Uint8Array): Uint8Array {
  if (compression === 5) return encodeLzw(bytes);
  if (compression === 8 || compression === 32946) return deflateSync(bytes);
  if (compression === 50000) return zstdCompressSync(bytes);
  if (compression === 32773) return encodePackBits(bytes);
  return bytes;
}
