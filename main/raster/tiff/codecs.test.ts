import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SampleType, samplesOf } from '../../../app/raster/samples.ts';
import { kernels } from './kernels.ts';
import { decodeLzw } from './lzw.ts';
import { decodePackBits } from './packBits.ts';
import { type UnsignedSamples, undoDifferences, undoFloatPredictor } from './predictor.ts';
import { encodeLzw, encodePackBits } from './testing/encode.ts';

const data = fc.oneof(
  fc.uint8Array({ maxLength: 400 }),
  fc
    .array(fc.tuple(fc.nat(255), fc.integer({ min: 1, max: 400 })), { maxLength: 12 })
    .map((runs) =>
      Uint8Array.from(runs.flatMap(([value, length]) => new Array<number>(length).fill(value))),
    ),
);

describe('LZW', () => {
  it('decodes what was encoded, in both forms', () => {
    fc.assert(
      fc.property(data, fc.boolean(), (input, old) => {
        const output = new Uint8Array(input.length);
        expect(decodeLzw(encodeLzw(input, old), output)).toBe(input.length);
        expect(output).toEqual(input);
      }),
    );
  });

  it('passes all code widths and a full table', () => {
    for (const old of [false, true]) {
      let state = 1;
      const input = Uint8Array.from({ length: 60_000 }, () => {
        state = Math.imul(state, 1103515245) + 12345;
        return (state >>> 16) & 63;
      });
      const output = new Uint8Array(input.length);
      expect(decodeLzw(encodeLzw(input, old), output)).toBe(input.length);
      expect(output).toEqual(input);
    }
  });

  it('goes on behind a full table, as writers do that never clear it', () => {
    // Literals only; each defines a code, and the width grows one code early up to 12 bits.
    const input = Uint8Array.from({ length: 6000 }, (_, i) => (i * i) >> 3);
    let bits = '';
    let width = 9;
    const put = (code: number): void => {
      bits += code.toString(2).padStart(width, '0');
    };
    put(256);
    input.forEach((byte, i) => {
      put(byte);
      // The first literal behind a clear code defines nothing that counts.
      if (258 + i === 2 ** width - 1 && width < 12) width++;
    });
    const stream = Uint8Array.from({ length: Math.ceil(bits.length / 8) }, (_, i) =>
      Number.parseInt(bits.slice(8 * i, 8 * i + 8).padEnd(8, '0'), 2),
    );
    for (const decode of [decodeLzw, kernels().decodeLzw]) {
      const output = new Uint8Array(input.length);
      expect(decode(stream, output)).toBe(input.length);
      expect(output).toEqual(input);
    }
  });

  it('ends on any input within its output', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(5000), (input, size) => {
        const written = decodeLzw(input, new Uint8Array(size));
        expect(written).toBeGreaterThanOrEqual(-1);
        expect(written).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('PackBits', () => {
  it('passes over the byte that stands for nothing', () => {
    const output = new Uint8Array(3);
    expect(decodePackBits(Uint8Array.of(128, 0, 5, 128, 255, 9), output)).toBe(3);
    expect([...output]).toEqual([5, 9, 9]);
  });

  it('decodes what was encoded', () => {
    fc.assert(
      fc.property(data, (input) => {
        const output = new Uint8Array(input.length);
        expect(decodePackBits(encodePackBits(input), output)).toBe(input.length);
        expect(output).toEqual(input);
      }),
    );
  });

  it('ends on any input within its output', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(2000), (input, size) => {
        expect(decodePackBits(input, new Uint8Array(size))).toBeLessThanOrEqual(size);
      }),
    );
  });
});

describe('predictors', () => {
  it('sum differences of every width in rows of interleaved samples', () => {
    const row = fc.record({
      bits: fc.constantFrom(8, 16, 32, 64),
      samples: fc.integer({ min: 1, max: 5 }),
      width: fc.integer({ min: 1, max: 9 }),
      rows: fc.integer({ min: 1, max: 4 }),
      seed: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    });
    fc.assert(
      fc.property(row, ({ bits, samples, width, rows, seed }) => {
        const rowSamples = samples * width;
        const mask = (1n << BigInt(bits)) - 1n;
        const values = Array.from(
          { length: rowSamples * rows },
          (_, i) => (seed * BigInt(i + 1) ** 3n) & mask,
        );
        const stored = values.map((value, i) =>
          i % rowSamples < samples ? value : (value - values[i - samples]!) & mask,
        );
        const bytes = littleEndian(stored, bits / 8);
        undoDifferences(unsigned(bytes, bits), samples, rowSamples);
        expect(bytes).toEqual(littleEndian(values, bits / 8));
      }),
    );
  });

  it('put float bytes back from their planes', () => {
    const values = Float32Array.of(1.5, -2.25, 3e8, 0.1, 7, -0);
    const [rowSamples, rows] = [3, 2];
    const stored = new Uint8Array(24);
    for (let row = 0; row < rows; row++) {
      const part = new DataView(values.slice(row * 3, row * 3 + 3).buffer);
      const planes = Array.from({ length: 12 }, (_, i) =>
        part.getUint8((i % rowSamples) * 4 + 3 - Math.floor(i / rowSamples)),
      );
      planes.forEach((byte, i) => {
        stored[row * 12 + i] = i === 0 ? byte : byte - planes[i - 1]!;
      });
    }
    undoFloatPredictor(stored, 32, 1, rowSamples);
    expect(new Float32Array(stored.buffer)).toEqual(values);
  });
});

function unsigned(bytes: Uint8Array<ArrayBuffer>, bits: number): UnsignedSamples {
  return samplesOf(`uint${bits}` as SampleType, bytes.buffer) as UnsignedSamples;
}

function littleEndian(values: readonly bigint[], size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    values.flatMap((value) =>
      Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 255n)),
    ),
  );
}
