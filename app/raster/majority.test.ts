import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MajorityFilter } from './majority.ts';

/** The definition, pixel by pixel. */
function reference(values: Uint8Array, width: number, side: number): Uint8Array {
  const height = values.length / width;
  const radius = side >> 1;
  return values.map((own, at) => {
    if (own === 0) return 0;
    const [x, y] = [at % width, Math.floor(at / width)];
    const votes = new Map<number, number>();
    for (let dy = -radius; dy <= radius; dy++)
      for (let dx = -radius; dx <= radius; dx++) {
        if (x + dx < 0 || x + dx >= width || y + dy < 0 || y + dy >= height) continue;
        const value = values[(y + dy) * width + x + dx]!;
        if (value !== 0) votes.set(value, (votes.get(value) ?? 0) + 1);
      }
    const most = Math.max(...votes.values());
    if (votes.get(own) === most) return own;
    return Math.min(...[...votes].filter(([, count]) => count === most).map(([value]) => value));
  });
}

function filtered(values: Uint8Array, width: number, side: number): number[] {
  const filter = new MajorityFilter(width, side);
  const result: number[] = [];
  for (let at = 0; at < values.length; at += width)
    result.push(...(filter.push(values.subarray(at, at + width)) ?? []));
  for (const row of filter.end()) result.push(...row);
  return result;
}

test('equals the definition for any raster and window', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 12 }),
      fc.constantFrom(3, 5, 9, 31),
      fc.infiniteStream(fc.constantFrom(0, 1, 1, 2, 3, 255)),
      (width, height, side, stream) => {
        const values = Uint8Array.from({ length: width * height }, () =>
          Number(stream.next().value),
        );
        expect(filtered(values, width, side)).toEqual([...reference(values, width, side)]);
      },
    ),
    { numRuns: 300 },
  );
});
