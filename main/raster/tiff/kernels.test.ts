import { constants, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../app/random.ts';
import { type SampleArray, type SampleType, samplesOf } from '../../../app/raster/samples.ts';
import { nativeCodecs } from '../../../native/codecs/codecs.ts';
import { kernels, plainKernels } from './kernels.ts';
import type { UnsignedSamples } from './predictor.ts';
import { encodeLzw } from './testing/encode.ts';

// Without a C++ compiler on the machine there is nothing to compare: `npm run setup` says so.
const native = nativeCodecs();
const compare = describe.skipIf(native === undefined);

/** Damaged copies of each stream. */
const mutants = 40;

/** Noise, few values, steps and zeros: between them they pass all code widths, full tables and long strings. */
const contents = [255, 7, 0].flatMap((most) =>
  [0, 1, 40, 3000, 30_000].map((size) => {
    const random = createRandom(size + most, 'contents');
    return Uint8Array.from({ length: size }, (_, i) =>
      most === 0 ? i >> 6 : random.integer(most + 1),
    );
  }),
);

compare('native kernels beside those in JavaScript', () => {
  it('are the ones in use', () => {
    expect(kernels()).not.toBe(plainKernels);
  });

  it('decode LZW of both forms, whole, damaged and cut', () => {
    for (const bytes of contents) {
      for (const old of [false, true]) {
        for (const [stream, size] of variants(encodeLzw(bytes, old), bytes.length)) {
          const [ours, plain] = [new Uint8Array(size), new Uint8Array(size)];
          const written = kernels().decodeLzw(stream, ours);
          expect(written).toBe(plainKernels.decodeLzw(stream, plain));
          const whole = Math.max(0, written);
          expect(Buffer.compare(ours.subarray(0, whole), plain.subarray(0, whole))).toBe(0);
        }
      }
    }
  });

  it('inflate what zlib wrote, and nothing else than Node from damaged data', () => {
    const { Z_FIXED, Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY } = constants;
    for (const bytes of contents) {
      for (const strategy of [Z_FIXED, Z_HUFFMAN_ONLY, Z_DEFAULT_STRATEGY]) {
        const stream = deflateSync(bytes, { strategy });
        expect(Buffer.compare(kernels().inflate(stream, bytes.length), bytes)).toBe(0);
        for (const [damaged, size] of variants(stream, bytes.length)) {
          const plain = attempt(() => plainKernels.inflate(damaged, size));
          const ours = attempt(() => kernels().inflate(damaged, size));
          // libdeflate knows fewer kinds of damage that do no harm; it must give all that Node gives.
          if (plain === undefined) continue;
          expect(ours).toBeDefined();
          expect(Buffer.compare(ours!, plain)).toBe(0);
        }
      }
    }
  });

  it('say which data are longer than the block', () => {
    const stream = deflateSync(new Uint8Array(1000));
    for (const { inflate } of [kernels(), plainKernels]) {
      expect(() => inflate(stream, 999)).toThrow('the data are longer than the block');
      expect(() => inflate(stream.subarray(0, 10), 1000)).toThrow(/invalid data|unexpected end/);
    }
  });

  it('undo differences', () => {
    fc.assert(
      fc.property(blocks, ({ bits, samples, width, height, seed }) => {
        const type = `uint${bits}` as SampleType;
        const ours = randomSamples(type, samples * width * height, seed) as UnsignedSamples;
        const plain = ours.slice();
        kernels().undoDifferences(ours, samples, samples * width);
        plainKernels.undoDifferences(plain, samples, samples * width);
        expect(ours).toEqual(plain);
      }),
    );
  });

  it('gather bands of a rectangle, in any order', () => {
    fc.assert(
      fc.property(blocks, fc.boolean(), (block, shuffled) => {
        const { bits, samples, width, height, seed } = block;
        const random = createRandom(seed, 'region');
        const type = `uint${bits}` as SampleType;
        const source = randomSamples(type, samples * width * height, seed);
        const [x, y] = [random.integer(width), random.integer(height)];
        const size = {
          width: 1 + random.integer(width - x),
          height: 1 + random.integer(height - y),
        };
        const bands = Array.from({ length: samples }, (_, i) =>
          shuffled ? random.integer(samples) : i,
        );
        const [to, toStride] = [random.integer(5), size.width + random.integer(5)];
        const region = {
          firsts: bands.map((band) => (y * width + x) * samples + band),
          fromStride: width * samples,
          samples,
          to,
          toStride,
          ...size,
        };
        const [ours, plain] = [0, 1].map(() =>
          bands.map(() => samplesOf(type, to + toStride * size.height)),
        );
        kernels().gather(source, ours!, region);
        plainKernels.gather(source, plain!, region);
        expect(ours).toEqual(plain);
      }),
    );
  });

  it('refuse arguments that would pass the end of an array', () => {
    const source = new Uint16Array(24);
    const region = { fromStride: 12, samples: 3, to: 0, toStride: 4, width: 4, height: 2 };
    const target = (): Uint16Array[] => [new Uint16Array(8)];
    native!.gather(source, target(), [2], region);
    for (const wrong of [
      { width: 5 },
      { height: 3 },
      { to: 1 },
      { toStride: 5 },
      { fromStride: 2 ** 53 },
      { samples: 2 ** 53 },
      { width: -1 },
    ]) {
      expect(() => native!.gather(source, target(), [2], { ...region, ...wrong })).toThrow(
        TypeError,
      );
    }
    expect(() => native!.gather(source, target(), [3], region)).toThrow(TypeError);
    expect(() => native!.gather(source, [new Uint8Array(8)], [2], region)).toThrow(TypeError);
    expect(() => native!.undoDifferences(source, 5, 12)).toThrow(TypeError);
    expect(() => native!.lzw(new Uint8Array(2), source as never)).toThrow(TypeError);
  });
});

/** The stream itself and damaged copies of it, each with a size of output. */
function* variants(stream: Uint8Array, size: number): Generator<[Uint8Array, number]> {
  yield [stream, size];
  for (let i = 0; i < mutants; i++) {
    yield [damage(stream, i), i % 3 === 0 ? Math.floor(size / 2) : size + (i % 7)];
  }
}

/** One to four bytes changed, the first ones more often than the rest; every third copy is cut as well. */
function damage(stream: Uint8Array, seed: number): Uint8Array {
  const random = createRandom(seed, 'damage');
  const bytes = stream.slice();
  for (let i = random.integer(4); i >= 0; i--) {
    const place = random.integer(
      random.integer(2) === 0 ? Math.min(bytes.length, 8) : bytes.length,
    );
    bytes[place] = random.integer(256);
  }
  return seed % 3 === 0 ? bytes.subarray(0, random.integer(bytes.length + 1)) : bytes;
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

const blocks = fc.record({
  bits: fc.constantFrom(8, 16, 32, 64),
  samples: fc.integer({ min: 1, max: 20 }),
  width: fc.integer({ min: 1, max: 40 }),
  height: fc.integer({ min: 1, max: 4 }),
  seed: fc.nat(),
});

function randomSamples(type: SampleType, count: number, seed: number): SampleArray {
  const random = createRandom(seed, 'samples');
  const samples = samplesOf(type, count);
  const bytes = new Uint8Array(samples.buffer);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.integer(256);
  return samples;
}
