import { promisify } from 'node:util';
import { constants, deflate, inflate, zstdCompress, zstdDecompress } from 'node:zlib';
import {
  bytesPerSample,
  type SampleArray,
  type SampleType,
  samplesOf,
} from '../../../app/raster/samples.ts';
import type { CogPlan } from './plan.ts';

const deflateAsync = promisify(deflate);
const inflateAsync = promisify(inflate);
const zstdAsync = promisify(zstdCompress);
const unzstdAsync = promisify(zstdDecompress);

/** GDAL's default levels. */
const deflateLevel = 6;
const zstdLevel = 9;

/** Tiles as bytes of the file and back. Both run on the threads of Node's pool; the same pixels give the same bytes. */
export type TileCodec = {
  /** `samples` is a whole tile; it may be changed, and is free again when the promise settles. */
  encode(samples: SampleArray): Promise<Uint8Array>;
  decode(bytes: Uint8Array): Promise<SampleArray>;
};

/** The codec of a plan's tiles. */
export function createTileCodec(plan: CogPlan): TileCodec {
  const { type, tileSize, predictor } = plan;
  const length = tileSize * tileSize;
  const bytes = length * bytesPerSample(type);
  const pack = packer(plan);
  const unpack = unpacker(plan, bytes);
  const constant = new Map<number | bigint, Promise<Uint8Array>>();
  const encode = (samples: SampleArray): Promise<Uint8Array> => pack(predict(samples, plan));
  return {
    encode: (samples) => {
      const value = onlyValue(samples);
      if (value === undefined) return encode(samples);
      const known = constant.get(value);
      if (known !== undefined) return known;
      const fresh = encode(samples);
      // sea, nodata: a scene has few of them, a float raster of many constants must not fill the memory
      if (constant.size < 256) constant.set(value, fresh);
      return fresh;
    },
    decode: async (packed) => {
      const raw = await unpack(packed);
      return unpredict(raw, type, tileSize, predictor);
    },
  };
}

/** The value of all samples, or undefined where they differ (or are NaN or a zero that may have a sign). */
function onlyValue(samples: SampleArray): number | bigint | undefined {
  const first = samples[0]!;
  if (first !== samples.at(-1)! || Object.is(first, -0)) return undefined;
  const differs = (value: number | bigint): boolean => value !== first || Object.is(value, -0);
  if (samples instanceof Uint8Array) {
    for (let i = 1; i < samples.length; i++) if (samples[i] !== first) return undefined;
    return first;
  }
  for (let i = 1; i < samples.length; i++) if (differs(samples[i]!)) return undefined;
  return first;
}

function packer(plan: CogPlan): (raw: Uint8Array) => Promise<Uint8Array> {
  switch (plan.compression) {
    case 'none':
      return (raw) => Promise.resolve(raw.slice());
    case 'zstd': {
      const params = { [constants.ZSTD_c_compressionLevel]: zstdLevel };
      return (raw) => zstdAsync(raw, { params });
    }
    case 'deflate':
      return plan.classes ? packClasses : (raw) => deflateAsync(raw, { level: deflateLevel });
  }
}

/**
 * Class maps are runs: matching runs alone takes a tenth of the time of zlib's search and gives the same size on a noisy
 * map. Where it does very well the map is smooth, then the full search is quick too and finds repeated rows.
 */
async function packClasses(raw: Uint8Array): Promise<Uint8Array> {
  const runs = await deflateAsync(raw, { level: 9, strategy: constants.Z_RLE });
  if (runs.length * 10 > raw.length) return runs;
  const full = await deflateAsync(raw, { level: deflateLevel });
  return full.length < runs.length ? full : runs;
}

function unpacker(plan: CogPlan, bytes: number): (packed: Uint8Array) => Promise<Uint8Array> {
  // one chunk that is never quite full: the result is its beginning, without a copy
  const limits = { maxOutputLength: bytes, chunkSize: bytes + 64 };
  switch (plan.compression) {
    case 'none':
      return (packed) => Promise.resolve(packed);
    case 'zstd':
      return (packed) => unzstdAsync(packed, limits);
    case 'deflate':
      return (packed) => inflateAsync(packed, limits);
  }
}

const bytesOf = (samples: SampleArray): Uint8Array =>
  new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);

function predict(samples: SampleArray, plan: CogPlan): Uint8Array {
  if (plan.predictor === 2) difference(samples, plan.tileSize);
  return plan.predictor === 3 ? shuffle(samples, plan.tileSize) : bytesOf(samples);
}

/** TIFF predictor 2: every sample of a row less the one before, modulo its type. */
function difference(samples: SampleArray, width: number): void {
  if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) {
    for (let row = 0; row < samples.length; row += width)
      for (let i = row + width - 1; i > row; i--) samples[i] = samples[i]! - samples[i - 1]!;
    return;
  }
  for (let row = 0; row < samples.length; row += width)
    for (let i = row + width - 1; i > row; i--) samples[i] = samples[i]! - samples[i - 1]!;
}

/** TIFF predictor 3: the bytes of a row's floats by significance, highest first, each less the one before. */
function shuffle(samples: SampleArray, width: number): Uint8Array {
  const source = bytesOf(samples);
  const size = samples.BYTES_PER_ELEMENT;
  const row = width * size;
  const result = new Uint8Array(source.length);
  for (let start = 0; start < source.length; start += row) {
    let before = 0;
    let at = start;
    for (let plane = size - 1; plane >= 0; plane--) {
      for (let i = start + plane; i < start + row; i += size) {
        const byte = source[i]!;
        result[at++] = byte - before;
        before = byte;
      }
    }
  }
  return result;
}

function unpredict(
  raw: Uint8Array,
  type: SampleType,
  width: number,
  predictor: number,
): SampleArray {
  const aligned = raw.byteOffset % bytesPerSample(type) === 0;
  const whole = aligned ? raw : raw.slice();
  const bytes = predictor === 3 ? unshuffle(raw, width, bytesPerSample(type)) : whole;
  const samples = samplesOf(type, bytes.buffer, bytes.byteOffset, width * width);
  if (predictor === 2) accumulate(samples, width);
  return samples;
}

function accumulate(samples: SampleArray, width: number): void {
  if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) {
    for (let row = 0; row < samples.length; row += width)
      for (let i = row + 1; i < row + width; i++) samples[i] = samples[i]! + samples[i - 1]!;
    return;
  }
  for (let row = 0; row < samples.length; row += width)
    for (let i = row + 1; i < row + width; i++) samples[i] = samples[i]! + samples[i - 1]!;
}

function unshuffle(raw: Uint8Array, width: number, size: number): Uint8Array<ArrayBuffer> {
  const row = width * size;
  const result = new Uint8Array(raw.length);
  for (let start = 0; start < raw.length; start += row) {
    let value = 0;
    let at = start;
    for (let plane = size - 1; plane >= 0; plane--) {
      for (let i = start + plane; i < start + row; i += size) {
        value = (value + raw[at++]!) & 255;
        result[i] = value;
      }
    }
  }
  return result;
}
