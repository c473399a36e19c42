import type { Ring } from '../../../app/vector/geometry.ts';
import type { RoiSet } from '../../../app/vector/roi.ts';

const square = (x: number, y: number, side: number): Ring => [
  [x, y],
  [x, y + side],
  [x + side, y + side],
  [x + side, y],
];

/** Twelve ROIs of two classes: polygons with holes, and points. */
export const roiSet: RoiSet = {
  uri: 'seed',
  crs: 'EPSG:4326',
  classes: [
    { value: 1, name: 'wood', color: [1, 2, 3] },
    { value: 2, name: 'water', color: [4, 5, 6] },
  ],
  rois: Array.from({ length: 12 }, (_, i) => ({
    id: String(i + 1),
    classValue: 1 + (i % 2),
    geometry:
      i % 5 === 4
        ? { kind: 'points', points: [[i, i]] }
        : {
            kind: 'polygons',
            polygons: [{ outer: square(i, i, 3), holes: [square(i + 1, i + 1, 1).toReversed()] }],
          },
  })),
};

/** A Shapefile of ten polygons, by the ESRI White Paper of July 1998. */
export function shapefileOf(): Buffer {
  const records = Array.from({ length: 10 }, (_, i) => {
    const rings = [square(i, i, 3), square(i + 1, i + 1, 1).toReversed()].map((ring) => [
      ...ring,
      ring[0]!,
    ]);
    const points = rings.flat();
    const record = Buffer.alloc(8 + 44 + 8 + points.length * 16);
    record.writeInt32BE(i + 1, 0);
    record.writeInt32BE((record.length - 8) / 2, 4);
    record.writeInt32LE(5, 8);
    record.writeInt32LE(2, 44);
    record.writeInt32LE(points.length, 48);
    record.writeInt32LE(rings[0]!.length, 56);
    points.forEach(([x, y], k) => {
      record.writeDoubleLE(x, 60 + k * 16);
      record.writeDoubleLE(y, 68 + k * 16);
    });
    return record;
  });
  const header = Buffer.alloc(100);
  header.writeInt32BE(9994, 0);
  header.writeInt32BE((100 + records.reduce((sum, record) => sum + record.length, 0)) / 2, 24);
  header.writeInt32LE(1000, 28);
  header.writeInt32LE(5, 32);
  return Buffer.concat([header, ...records]);
}

/** The attributes of `shapefileOf`, dBASE III. */
export function dbaseOf(): Buffer {
  const header = Buffer.alloc(65);
  header[0] = 3;
  header.writeUInt32LE(10, 4);
  header.writeUInt16LE(65, 8);
  header.writeUInt16LE(11, 10);
  header.write('class', 32);
  header.write('C', 43);
  header[48] = 10;
  header[64] = 13;
  const rows = Array.from(
    { length: 10 },
    (_, i) => ` ${(i % 2 === 0 ? 'wood' : 'water').padEnd(10)}`,
  );
  return Buffer.concat([header, Buffer.from(rows.join(''))]);
}

/** What lies in the `.prj` of a Shapefile. */
export const wgs84 =
  'GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]';
