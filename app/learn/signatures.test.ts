import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../error.ts';
import { addToSignatures, createSignatures, signatureFigures } from './signatures.ts';

describe('signatures', () => {
  it('gives mean and deviation whatever the offset and however the pixels come', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.tuple(fc.integer({ min: 0, max: 3 }), fc.double({ min: -1, max: 1, noNaN: true })),
          { maxLength: 60 },
        ),
        fc.nat(60),
        (pixels, cut) => {
          const offset = 1e6;
          const samples = Float64Array.from(pixels.flatMap(([, v]) => [v + offset, 2 * v]));
          const labels = pixels.map(([c]) => c);
          const at = Math.min(cut, pixels.length);
          const sums = createSignatures(2, [1, 2]);
          addToSignatures(sums, samples.subarray(0, 2 * at), labels.slice(0, at));
          addToSignatures(sums, samples.subarray(2 * at), labels.slice(at));
          for (const figures of signatureFigures(sums).perClass) {
            const own = pixels.filter(([c]) => c === figures.value).map(([, v]) => v);
            expect(figures.count).toBe(own.length);
            if (own.length === 0) {
              expect(figures.mean).toBeUndefined();
              continue;
            }
            const mean = own.reduce((a, b) => a + b, 0) / own.length;
            const deviation = Math.sqrt(own.reduce((a, b) => a + (b - mean) ** 2, 0) / own.length);
            expect(figures.mean![0]).toBeCloseTo(mean + offset, 6);
            expect(figures.mean![1]).toBeCloseTo(2 * mean, 9);
            expect(figures.deviation![0]).toBeCloseTo(deviation, 6);
            expect(figures.deviation![1]).toBeCloseTo(2 * deviation, 9);
          }
        },
      ),
    );
    expect(() => addToSignatures(createSignatures(3, [1]), [1, 2], [1])).toThrow(AppError);
  });
});
