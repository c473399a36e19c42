import type { ClassRow, Edit, RoiRow, RowChange } from '../../../app/project/rows.ts';
import { spatialReference } from '../../vector/geoPackageWriter.ts';
import { qmlOf } from '../../vector/qmlWriter.ts';
import type { ProjectFormat } from '../projectFile.ts';

/** As the desk gives it. */
export const format: ProjectFormat = { systemOf: spatialReference, styleOf: qmlOf };

export const water: ClassRow = {
  id: 'water',
  value: 3,
  name: 'Water & "ice" 水',
  color: [0, 75, 195],
  macroclass: 'wet',
  order: 0,
  visible: true,
};
export const forest: ClassRow = {
  id: 'forest',
  value: 7,
  name: 'Forest',
  color: [42, 55, 26],
  order: 1,
  visible: true,
};

/** A square with a hole, as an ROI; its outer ring runs clockwise. */
export const squareRoi = (id: string, classId: string, x: number, y: number): RoiRow => ({
  id,
  classId,
  geometry: {
    kind: 'polygons',
    polygons: [
      {
        outer: [
          [x, y],
          [x, y + 100],
          [x + 100, y + 100],
          [x + 100, y],
        ],
        holes: [
          [
            [x + 10, y + 10],
            [x + 20, y + 10],
            [x + 20, y + 20.125],
          ],
        ],
      },
    ],
  },
});

/** Puts rows in. */
export const put = (...changes: RowChange[]): Edit => ({ label: 'Put', changes });

export const putClass = (after: ClassRow): RowChange => ({ table: 'classes', id: after.id, after });
export const putRoi = (after: RoiRow): RowChange => ({ table: 'rois', id: after.id, after });
export const putCrs = (crs: string): RowChange => ({
  table: 'settings',
  id: 'crs',
  after: { id: 'crs', value: crs },
});

/** A small project: CRS, two classes, two areas and a point. */
export const exampleEdit: Edit = put(
  putRoi(squareRoi('r1', 'water', 400_000, 5_800_000)),
  putCrs('EPSG:32633'),
  putClass(water),
  putClass(forest),
  putRoi({ ...squareRoi('r2', 'forest', 400_500, 5_800_500), name: 'Müggelwald' }),
  putRoi({
    id: 'r3',
    classId: 'water',
    geometry: { kind: 'points', points: [[400_001.5, 5_800_002.25]] },
  }),
);
