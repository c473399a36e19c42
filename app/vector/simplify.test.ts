import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaOf, type Ring } from './geometry.ts';
import { MeetingPoints } from './meetingPoints.ts';
import { createPolygoniser, type Patch } from './polygonise.ts';
import { simplifyPatches } from './simplify.ts';

function patchesOf(width: number, values: Uint8Array): readonly Patch[] {
  const polygoniser = createPolygoniser(width);
  const height = values.length / width;
  return [...polygoniser.add(values, { y: 0, height }), ...polygoniser.finish()];
}

function simplified(width: number, values: Uint8Array, tolerance: number): readonly Patch[] {
  const meeting = new MeetingPoints(width, values.length / width);
  meeting.add(values);
  meeting.end();
  return simplifyPatches(patchesOf(width, values), meeting, tolerance);
}

const rows = (...text: string[]): readonly [number, Uint8Array] => [
  text[0]!.length,
  Uint8Array.from(text.join(''), Number),
];
const area = ({ polygon }: Patch): number => areaOf({ kind: 'polygons', polygons: [polygon] });
const ringsOf = ({ polygon }: Patch): readonly Ring[] => [polygon.outer, ...polygon.holes];

/** Whether two segments cross in a point inside both. */
function cross(a: Ring, b: Ring): boolean {
  const side = ([p, q]: Ring, r: Ring[number]): number =>
    Math.sign((q![0] - p![0]) * (r[1] - p![1]) - (q![1] - p![1]) * (r[0] - p![0]));
  return side(a, b[0]!) * side(a, b[1]!) < 0 && side(b, a[0]!) * side(b, a[1]!) < 0;
}

const segmentsOf = (ring: Ring): Ring[] =>
  ring.map((position, i) => [position, ring[(i + 1) % ring.length]!]);

describe('simplified patches', () => {
  it('a staircase loses its steps, for both sides the same', () => {
    const [width, values] = rows('1222', '1122', '1112', '1111');
    const corners = (patches: readonly Patch[]): number =>
      patches.reduce((sum, { polygon }) => sum + polygon.outer.length, 0);
    const [two, one] = simplified(width, values, 2);
    expect(corners(patchesOf(width, values))).toBe(18);
    // four corners of the raster, three of them of the first patch, and the slope's two ends
    expect(one!.polygon.outer.length).toBe(5);
    expect(two!.polygon.outer.length).toBe(3);
    expect(area(one!) + area(two!)).toBe(16);
    expect([one!.pixels, two!.pixels]).toEqual([10, 6]);
  });

  it('tolerance 0 changes nothing but the first corner', () => {
    const [width, values] = rows('1122', '1332', '1332', '1111');
    const sorted = (patch: Patch) => ringsOf(patch).map((ring) => ring.map(String).sort());
    const whole = patchesOf(width, values);
    simplified(width, values, 0).forEach((patch, i) => {
      const plain = sorted(whole[i]!);
      // meeting points on straight sides are corners now
      sorted(patch).forEach((ring, k) => expect(ring).toEqual(expect.arrayContaining(plain[k]!)));
      expect(area(patch)).toBe(whole[i]!.pixels);
    });
  });

  it('a lens between two patches does not close', () => {
    const [width, values] = rows('111111', '133221', '222222');
    for (const patch of simplified(width, values, 50)) expect(area(patch)).toBeGreaterThan(0);
  });

  it('of any map: nothing lost, nothing crossing, every border inside shared', () => {
    const map = fc
      .tuple(
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 2, max: 9 }),
        fc.integer({ min: 0, max: 1 }),
      )
      .chain(([width, height, min]) =>
        fc.tuple(
          fc.constant(width),
          fc
            .array(fc.integer({ min, max: 3 }), {
              minLength: width * height,
              maxLength: width * height,
            })
            .map((values) => Uint8Array.from(values)),
        ),
      );
    fc.assert(
      fc.property(map, fc.constantFrom(0.8, 1, 2, 5, 100), ([width, values], tolerance) => {
        const after = simplified(width, values, tolerance);
        expect(after.length).toBe(patchesOf(width, values).length);
        const segments = after.flatMap((patch) => ringsOf(patch).flatMap(segmentsOf));
        const crossing = segments.filter((a, i) => segments.slice(i + 1).some((b) => cross(a, b)));
        expect(crossing).toEqual([]);
        for (const patch of after) {
          expect(area(patch)).toBeGreaterThan(0);
          for (const ring of ringsOf(patch))
            expect(new Set(ring.map(String)).size).toBe(ring.length);
        }
        if (values.includes(0)) return;
        const total = after.reduce((sum, patch) => sum + area(patch), 0);
        expect(total).toBeCloseTo(values.length, 9);
        // each border inside belongs to two patches, each part of the frame to one
        const frame = 2 * (width + values.length / width);
        const keys = segments.map((segment) => segment.map(String).sort().join(' '));
        const alone = segments.filter((_, i) => keys.filter((key) => key === keys[i]).length === 1);
        expect(alone.reduce((sum, [a, b]) => sum + length(a!, b!), 0)).toBeCloseTo(frame, 9);
      }),
      { numRuns: 300 },
    );
  });
});

const length = (a: Ring[number], b: Ring[number]): number => Math.hypot(b[0] - a[0], b[1] - a[1]);
