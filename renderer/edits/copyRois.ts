import type { RoiRow, RowChange } from '../../app/project/rows.ts';
import {
  type Geometry,
  mapPositions,
  type Position,
  positionsOf,
} from '../../app/vector/geometry.ts';

/** A scene that ROIs are copied to. */
export type CopyTarget = {
  readonly uri: string;
  /** minX, minY, maxX, maxY in the CRS of the scene. */
  readonly bounds: readonly [number, number, number, number];
  /** From the CRS of the ROIs to that of the scene; undefined where there is no way between them. */
  readonly toScene: ((position: Position) => Position) | undefined;
};

/** What copying does: one edit, and what could not be copied. */
export type CopyPlan = {
  readonly changes: readonly RowChange[];
  readonly copies: readonly RoiRow[];
  /** ROIs that lie outside the scene. */
  readonly outside: number;
  /** ROIs that belong to the scene already. */
  readonly there: number;
};

/** Whether a geometry and a scene have a place in common, as far as bounds say. A position that cannot be transformed lies nowhere. */
export function liesIn(geometry: Geometry, { bounds, toScene }: CopyTarget): boolean {
  if (toScene === undefined) return false;
  let [minX, minY, maxX, maxY] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const position of positionsOf(geometry)) {
    const [x, y] = toScene(position);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    [minX, minY] = [Math.min(minX, x), Math.min(minY, y)];
    [maxX, maxY] = [Math.max(maxX, x), Math.max(maxY, y)];
  }
  return minX <= bounds[2] && bounds[0] <= maxX && minY <= bounds[3] && bounds[1] <= maxY;
}

/**
 * Gives a scene ROIs of its own, alike those of another scene. All lie in the CRS of the project, so their place on the ground is the
 * same. An ROI that held for every scene is from then on that of `from` alone: else it would count twice on the other.
 */
export function planCopy(
  rows: readonly RoiRow[],
  from: string | undefined,
  target: CopyTarget,
  newId: () => string,
): CopyPlan {
  const there = rows.filter((row) => (row.scene ?? from) === target.uri);
  const elsewhere = rows.filter((row) => (row.scene ?? from) !== target.uri);
  const inside = elsewhere.filter(({ geometry }) => liesIn(geometry, target));
  const copies = inside.map((row): RoiRow => ({ ...row, id: newId(), scene: target.uri }));
  const bound = inside.filter((row) => row.scene === undefined && from !== undefined);
  return {
    changes: [
      ...bound.map(
        (row): RowChange => ({
          table: 'rois',
          id: row.id,
          before: row,
          after: { ...row, scene: from },
        }),
      ),
      ...copies.map((row): RowChange => ({ table: 'rois', id: row.id, after: row })),
    ],
    copies,
    outside: elsewhere.length - inside.length,
    there: there.length,
  };
}

/** A geometry in another CRS. */
export const reprojected = (
  geometry: Geometry,
  transform: (position: Position) => Position,
): Geometry => mapPositions(geometry, (x, y) => transform([x, y]));
