import fc from 'fast-check';
import proj4 from 'proj4';
import { describe, expect, test } from 'vitest';
import {
  applyEdit,
  emptyDocument,
  holdsFor,
  inverseOf,
  type ProjectDocument,
} from '../../app/project/document.ts';
import type { RoiRow } from '../../app/project/rows.ts';
import type { Position } from '../../app/vector/geometry.ts';
import { type CopyTarget, liesIn, planCopy } from './copyRois.ts';

const square = (x: number, y: number, size = 10): RoiRow['geometry'] => ({
  kind: 'polygons',
  polygons: [
    {
      outer: [
        [x, y],
        [x + size, y],
        [x + size, y + size],
        [x, y + size],
      ],
      holes: [],
    },
  ],
});

const same = (position: Position): Position => position;
const target: CopyTarget = { uri: 'b.tif', bounds: [0, 0, 100, 100], toScene: same };
let next = 0;
const newId = (): string => `copy ${next++}`;

const places = fc.array(
  fc.record({
    x: fc.integer({ min: -200, max: 200 }),
    y: fc.integer({ min: -200, max: 200 }),
    scene: fc.constantFrom(undefined, 'a.tif', 'b.tif', 'c.tif'),
  }),
  { maxLength: 20 },
);
const rowsAt = (given: readonly { x: number; y: number; scene: string | undefined }[]): RoiRow[] =>
  given.map(({ x, y, scene }, i) => ({
    id: `roi ${i}`,
    classId: 'water',
    geometry: square(x, y),
    ...(scene === undefined ? {} : { scene }),
  }));

describe('copying ROIs to a scene', () => {
  test('takes each ROI once: copied, outside or there already', () => {
    fc.assert(
      fc.property(places, (given) => {
        const rows = rowsAt(given);
        const plan = planCopy(rows, 'a.tif', target, newId);
        expect(plan.copies.length + plan.outside + plan.there).toBe(rows.length);
      }),
    );
  });
  test('leaves what holds for the first scene as it was, and is undone in one step', () => {
    fc.assert(
      fc.property(places, (given) => {
        const rows = rowsAt(given);
        const before: ProjectDocument = {
          ...emptyDocument,
          rois: new Map(rows.map((row) => [row.id, row])),
        };
        const { changes, copies } = planCopy(rows, 'a.tif', target, newId);
        const edit = { label: 'Copy', changes: [...changes] };
        const after = applyEdit(before, edit);
        const shapes = ({ rois }: ProjectDocument, scene: string) =>
          [...rois.values()]
            .filter((row) => holdsFor(row, scene))
            .map(({ geometry }) => JSON.stringify(geometry))
            .sort();
        expect(shapes(after, 'a.tif')).toEqual(shapes(before, 'a.tif'));
        // On the other scene everything counts once: what held for it before, and copies of what did not.
        const fresh = rows.filter((row) => !holdsFor(row, 'b.tif') && liesIn(row.geometry, target));
        expect(shapes(after, 'b.tif')).toEqual(
          [
            ...shapes(before, 'b.tif'),
            ...fresh.map(({ geometry }) => JSON.stringify(geometry)),
          ].sort(),
        );
        expect(copies.every(({ scene }) => scene === 'b.tif')).toBe(true);
        expect(applyEdit(after, inverseOf(edit))).toEqual(before);
      }),
    );
  });
  test('finds ROIs outside where the scene has another CRS', () => {
    // Corners by PROJ: cs2cs EPSG:32633 EPSG:4326 gives 15.0 E 48.7418 N for 500000 5398600, 16.36 E for 600000.
    const utm = '+proj=utm +zone=33 +datum=WGS84 +units=m +no_defs';
    const degrees: CopyTarget = {
      uri: 'degrees.tif',
      bounds: [14.99, 48.73, 15.01, 48.75],
      toScene: ([x, y]) => proj4(utm, 'EPSG:4326').forward<[number, number]>([x, y]),
    };
    expect(liesIn(square(500_000, 5_398_600), degrees)).toBe(true);
    expect(liesIn(square(600_000, 5_398_600), degrees)).toBe(false);
  });
  test('copies nothing where there is no way between the CRSs', () => {
    const lost = { ...target, toScene: undefined };
    const plan = planCopy(rowsAt([{ x: 0, y: 0, scene: undefined }]), 'a.tif', lost, newId);
    expect(plan).toMatchObject({ changes: [], outside: 1 });
  });
});
