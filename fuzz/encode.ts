// Well-formed pictures and arrays to begin with: no binary file lies in the repository.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { imageFields, writeTiff } from '../main/raster/tiff/testing/writeTiff.ts';

type Frame = {
  readonly width: number;
  readonly height: number;
  readonly bitsPerSample: number;
  readonly componentCount: number;
  readonly isSigned: boolean;
};

type Encoder = {
  getDecodedBuffer(frame: Frame): Uint8Array;
  getEncodedBuffer(): Uint8Array;
  encode(): void;
  delete(): void;
};
type JpegEncoder = Encoder & {
  setProgressive(progressive: boolean): void;
  /** 0: each component at full size; 2: colours at half the size. */
  setSubSampling(kind: number): void;
};
type Jpeg2000Encoder = Encoder & {
  setDecompositions(count: number): void;
  setQuality(lossless: boolean, rate: number): void;
  setTileSize(size: { width: number; height: number }): void;
  setBlockDimensions(size: { width: number; height: number }): void;
};

type Library = {
  readonly JPEGEncoder: new () => JpegEncoder;
  readonly J2KEncoder: new () => Jpeg2000Encoder;
};

async function load(name: string): Promise<Library> {
  const require = createRequire(import.meta.url);
  const factory = require(`${name}/wasmjs`) as (options: object) => Promise<Library>;
  const silent = (): void => undefined;
  const wasmBinary = readFileSync(require.resolve(`${name}/wasm`));
  return factory({ wasmBinary, print: silent, printErr: silent });
}

/** Smooth with steps, in the low bytes too. */
const samples = (count: number): Uint8Array =>
  Uint8Array.from({ length: count }, (_, i) => (i * 7 + (i >> 5) * 3) & 255);

function encoded(encoder: Encoder, frame: Frame): Uint8Array<ArrayBuffer> {
  const { width, height, componentCount, bitsPerSample } = frame;
  const bytes = width * height * componentCount * (bitsPerSample > 8 ? 2 : 1);
  encoder.getDecodedBuffer(frame).set(samples(bytes));
  encoder.encode();
  const result = new Uint8Array(encoder.getEncodedBuffer());
  encoder.delete();
  return result;
}

export type JpegSeed = {
  readonly componentCount: 1 | 3;
  readonly progressive: boolean;
  readonly width?: number;
  readonly height?: number;
};

/** A JPEG of 8 bits, its colours at full size. */
export async function jpegOf(seed: JpegSeed): Promise<Uint8Array<ArrayBuffer>> {
  const { JPEGEncoder } = await load('@cornerstonejs/codec-libjpeg-turbo-8bit');
  const { componentCount, progressive, width = 37, height = 29 } = seed;
  const encoder = new JPEGEncoder();
  encoder.setProgressive(progressive);
  encoder.setSubSampling(0);
  return encoded(encoder, { width, height, componentCount, bitsPerSample: 8, isSigned: false });
}

export type Jpeg2000Seed = {
  readonly componentCount: 1 | 3;
  readonly bits: 8 | 12 | 16;
  readonly signed: boolean;
  readonly levels: number;
  readonly tile: number;
  readonly width: number;
  readonly height: number;
};

/** A lossless codestream. */
export async function codestreamOf(seed: Jpeg2000Seed): Promise<Uint8Array<ArrayBuffer>> {
  const { J2KEncoder } = await load('@cornerstonejs/codec-openjpeg');
  const { componentCount, bits, signed, levels, tile, width, height } = seed;
  const encoder = new J2KEncoder();
  encoder.setDecompositions(levels);
  encoder.setTileSize({ width: tile, height: tile });
  encoder.setBlockDimensions({ width: 32, height: 32 });
  encoder.setQuality(true, 0);
  return encoded(encoder, { width, height, componentCount, bitsPerSample: bits, isSigned: signed });
}

function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + body.length, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, body]);
}

const geoJp2 = Buffer.from('b14bf8bd083d4b43a5ae8cd7d5a6ce03', 'hex');

/** A codestream in the boxes of a JP2 file, with a GeoJP2 box. */
export function jp2Of(stream: Uint8Array, seed: Jpeg2000Seed): Buffer {
  const header = Buffer.alloc(14);
  header.writeUInt32BE(seed.height, 0);
  header.writeUInt32BE(seed.width, 4);
  header.writeUInt16BE(seed.componentCount, 8);
  header[10] = seed.bits - 1 + (seed.signed ? 128 : 0);
  header[11] = 7;
  const geo = writeTiff({
    directories: [
      {
        fields: [
          ...imageFields({ width: 1, height: 1 }),
          { tag: 33550, type: 12, values: [10, 10, 0] },
          { tag: 33922, type: 12, values: [0, 0, 0, 500_000, 5_000_000, 0] },
          { tag: 34735, type: 3, values: [1, 1, 0, 2, 1024, 0, 1, 1, 3072, 0, 1, 32633] },
        ],
        blocks: [Uint8Array.of(0)],
      },
    ],
  }).bytes;
  const colours = Buffer.from([1, 0, 0, 0, 0, 0, seed.componentCount === 1 ? 17 : 16]);
  return Buffer.concat([
    box('jP  ', Buffer.from([13, 10, 0x87, 10])),
    box('ftyp', Buffer.from('jp2 \0\0\0\0jp2 ', 'latin1')),
    box('jp2h', box('ihdr', header), box('colr', colours)),
    box('uuid', geoJp2, geo),
    box('jp2c', stream),
  ]);
}

/** A MAT-file of version 7.3: MATLAB's 512 bytes of text before an HDF5 file with a cube and wavelengths. */
export async function mat73Of(folder: string, chunked: boolean): Promise<Buffer> {
  const { default: h5 } = await import('h5wasm/node');
  await h5.ready;
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'seed.h5');
  const file = new h5.File(path, 'w');
  const shape = [3, 6, 5];
  const data = Int16Array.from({ length: 90 }, (_, i) => i * 3 - 40);
  file.create_dataset({
    name: 'cube',
    data,
    shape,
    ...(chunked ? { chunks: [2, 3, 3], compression: 4 } : {}),
  });
  const wavelengths = new Float64Array([500, 700, 900]);
  file.create_dataset({ name: 'wavelength', data: wavelengths, shape: [1, 3] });
  file.close();
  const head = Buffer.alloc(512);
  head.write('MATLAB 7.3 MAT-file, Platform: GLNXA64'.padEnd(124));
  head.write('\x00\x02IM', 124, 'latin1');
  const bytes = Buffer.concat([head, readFileSync(path)]);
  rmSync(path);
  return bytes;
}
