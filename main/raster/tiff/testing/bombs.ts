// Blocks that claim to hold more than they do, or far more than they should.
import { deflateSync, zstdCompressSync } from 'node:zlib';
import { encodeLzw } from './encode.ts';
import { imageFields, type WrittenFile } from './writeTiff.ts';

const pixels = Uint8Array.from({ length: 1024 }, (_, i) => i * 7);

/** An image of one compressed strip. */
export function compressed(
  compression: number,
  block: Uint8Array,
  size: { width: number; height: number },
): WrittenFile {
  return { directories: [{ fields: imageFields({ ...size, compression }), blocks: [block] }] };
}

// eslint-disable-next-line max-lines-per-function -- a table
export function bombs(): [string, WrittenFile][] {
  const large = { width: 16384, height: 16384 };
  const little = { width: 32, height: 32 };
  const zeros = new Uint8Array(2 ** 26);
  const lzw = encodeLzw(new Uint8Array(4096));
  const lerc = new TextEncoder().encode('Lerc2 ');
  const lercHeader = new Uint8Array(90);
  lercHeader.set(lerc);
  return [
    ['deflate bomb behind a small image', compressed(8, deflateSync(zeros), little)],
    [
      'deflate bomb in one strip',
      compressed(8, deflateSync(zeros, { level: 9 }), { width: 8192, height: 8192 }),
    ],
    ['deflate strip that cannot fill its image', compressed(8, deflateSync(pixels), large)],
    ['zstd bomb behind a small image', compressed(50000, zstdCompressSync(zeros), little)],
    [
      'zstd bomb in one strip',
      compressed(50000, zstdCompressSync(zeros), { width: 8192, height: 8192 }),
    ],
    ['LZW strip that cannot fill its image', compressed(5, lzw, large)],
    [
      'LZW codes that refer to themselves',
      compressed(5, Uint8Array.of(0x80, 0x40, 0x60, 0x50, 0x38, 0x24, 0x16), little),
    ],
    ['LZW of the last code only', compressed(5, new Uint8Array(64).fill(0xff), little)],
    ['PackBits strip that ends early', compressed(32773, Uint8Array.of(129, 0), little)],
    [
      'PackBits strip that cannot fill its image',
      compressed(32773, new Uint8Array(64).fill(129), large),
    ],
    ['LERC header without data', compressed(34887, lercHeader, little)],
    ['LERC strip in a huge image', compressed(34887, lercHeader, { width: 60000, height: 60000 })],
    ['JPEG that claims another size', compressed(7, jpegHeader(65500, 65500, 1), little)],
    ['JPEG with five components', compressed(7, jpegHeader(32, 32, 5), little)],
    ['JPEG without end', compressed(7, Uint8Array.of(0xff, 0xd8, 0xff), little)],
    ['WebP that claims another size', compressed(50001, webpHeader(), little)],
    ['deflate noise', compressed(8, pixels, little)],
    ['zstd noise', compressed(50000, pixels, little)],
    [
      'predictor 3 for integers',
      {
        directories: [
          {
            fields: imageFields({ ...little, compression: 8, predictor: 3 }),
            blocks: [deflateSync(pixels)],
          },
        ],
      },
    ],
    [
      'predictor 77',
      {
        directories: [
          {
            fields: imageFields({ ...little, compression: 8, predictor: 77 }),
            blocks: [deflateSync(pixels)],
          },
        ],
      },
    ],
  ];
}

function jpegHeader(width: number, height: number, components: number): Uint8Array {
  const length = 8 + 3 * components;
  const frame = [
    0xff,
    0xc0,
    0,
    length,
    8,
    height >> 8,
    height & 255,
    width >> 8,
    width & 255,
    components,
  ];
  const parts = Array.from({ length: components }, (_, i) => [i + 1, 0x11, 0]).flat();
  return Uint8Array.from([
    0xff,
    0xd8,
    ...frame,
    ...parts,
    0xff,
    0xda,
    0,
    8,
    1,
    1,
    0,
    0,
    63,
    0,
    1,
    2,
    3,
  ]);
}

function webpHeader(): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(new TextEncoder().encode('RIFF....WEBPVP8L'));
  bytes.set([0x2f, 0xff, 0xff, 0xff, 0x0f], 20);
  return bytes;
}
