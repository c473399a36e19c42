import { z } from 'zod';
import { geometry } from '../../project/rows.ts';
import { call } from '../call.ts';
import { uri } from '../common.ts';

const count = z.int().nonnegative();
const finite = z.number();
const color = z.tuple([count, count, count]);
/** Names an open scene in calls and tile addresses; the same file gives the same key. */
const scene = z.string().regex(/^[0-9a-f]{16}$/);
const bounds = z.tuple([finite, finite, finite, finite]);
const band = z.object({
  name: z.string(),
  dtype: z.string(),
  wavelengthNm: finite.optional(),
  fwhmNm: finite.optional(),
  scale: finite,
  offset: finite,
  nodata: z.union([finite, z.literal('nan')]).optional(),
  unit: z.string().optional(),
  bad: z.boolean().optional(),
});

/** What the desk knows of an open scene. */
export const sceneInfo = z.object({
  scene,
  uri: z.string(),
  name: z.string(),
  format: z.string(),
  width: count,
  height: count,
  /** `EPSG:n`, WKT or PROJ as the file has it; absent: map units are pixels, y upwards negative. */
  crs: z.string().optional(),
  /** The same as a PROJ string, for the map. */
  proj4: z.string().optional(),
  crsName: z.string().optional(),
  /** GDAL order. Absent where the file has none: then pixel (c, r) lies at (c, −r). */
  geotransform: z.array(finite).length(6).optional(),
  /** minX, minY, maxX, maxY in map units of the scene. */
  bounds,
  /**
   * Grid of the tiles: axis-parallel, origin at (minX, maxY) of `bounds`, tiles of `tileSize` pixels; `resolutions` in map
   * units a pixel, coarsest first. The last one is the file's own.
   */
  tiles: z.object({ tileSize: count, resolutions: z.array(finite) }),
  bands: z.array(band),
  /** Bands from 0 for red, green, blue. */
  defaultRgb: z.tuple([count, count, count]),
  classes: z.array(z.object({ value: count, name: z.string(), color })).optional(),
  overviews: z.array(z.object({ width: count, height: count })),
  metadata: z.record(z.string(), z.string()),
  bytes: count,
  /** Changes when a file of the scene changes on disk. */
  stamp: z.string(),
});

export type SceneInfo = z.infer<typeof sceneInfo>;

const bandFigures = z.object({
  /** From 0; 0 for an index. */
  band: count,
  min: finite,
  max: finite,
  mean: finite,
  std: finite,
  /** Cumulative cut, 2 and 98 %. */
  p2: finite,
  p98: finite,
  validPercent: finite,
  histogram: z.object({ from: finite, to: finite, counts: z.array(count) }),
});

/** A spectrum of several pixels: one figure a band, null where no valid pixel. */
const spectrum = z.object({
  id: z.string(),
  pixels: count,
  mean: z.array(finite.nullable()),
  std: z.array(finite.nullable()),
  min: z.array(finite.nullable()),
  max: z.array(finite.nullable()),
});

/** CRS of the areas, as a scene or project names it; that of the scene where absent. */
const crs = z.string().max(100_000).optional();
const areas = z.array(z.strictObject({ id: z.string(), geometry })).max(20_000);

export const sceneCalls = {
  'scene.open': call('opens a raster: headers only', z.strictObject({ uri }), sceneInfo),
  'scene.statistics': call(
    'statistics and histogram of bands, of about a megapixel of the scene or of a part of it; in samples of the file, as tiles hold them. A band without a valid pixel has 0 for all figures and no histogram counts',
    z.strictObject({ scene, bands: z.array(count).min(1).max(64), bounds: bounds.optional() }),
    z.object({ bands: z.array(bandFigures) }),
  ),
  'scene.values': call(
    'values of all bands at positions, as physical values (scale and offset applied)',
    z.strictObject({
      scene,
      positions: z
        .array(z.tuple([finite, finite]))
        .min(1)
        .max(1000),
    }),
    z.object({
      values: z.array(
        z.object({ column: count, row: count, values: z.array(finite.nullable()) }).nullable(),
      ),
    }),
  ),
  'scene.indexStatistics': call(
    'statistics of a spectral index over about a megapixel of the scene or a part of it; bands stand for their physical values (sample · scale + offset)',
    z.strictObject({ scene, expression: z.string().max(500), bounds: bounds.optional() }),
    z.object({ figures: bandFigures }),
  ),
  'scene.indices': call(
    'spectral indices that the bands of a scene allow, as expressions of its bands',
    z.strictObject({ scene }),
    z.object({
      indices: z.array(
        z.object({
          name: z.string(),
          title: z.string(),
          expression: z.string(),
          /** Values that it can usually take. */
          range: z.tuple([finite, finite]),
          /** Publication that defines it. */
          source: z.string(),
        }),
      ),
    }),
  ),
  'scene.grow': call(
    'region growing: the pixels around a position whose spectra are like the one there',
    z.strictObject({
      scene,
      position: z.tuple([finite, finite]),
      /**
       * Greatest spectral distance to the pixel there: root of the mean, over the bands, of the squared difference in standard
       * deviations that the band has in the 51 × 51 pixels around. 1 is a cautious start, 3 takes in much.
       */
      tolerance: finite.min(0),
      /** The region grows past the tolerance until it has so many, and stops at `maxPixels`: the most similar are taken first. */
      minPixels: count.default(1),
      maxPixels: count.max(4_000_000).default(20_000),
      holes: z.enum(['keep', 'fill']).default('keep'),
    }),
    z.object({ geometry: geometry.optional(), pixels: count }),
  ),
  'spectra.ofAreas': call(
    'mean, deviation and extremes of every band over areas, as physical values',
    z.strictObject({ scene, areas, crs }),
    z.object({ spectra: z.array(spectrum) }),
  ),
  'spectra.separability': call(
    'Jeffries–Matusita distance, transformed divergence and spectral angle between classes',
    z.strictObject({
      scene,
      classes: z.array(z.strictObject({ id: z.string(), areas: z.array(geometry) })).max(255),
      crs,
    }),
    z.object({
      pairs: z.array(
        z.object({
          a: z.string(),
          b: z.string(),
          /** 0 to 2; absent where a class has too few pixels for a covariance. */
          jeffriesMatusita: finite.optional(),
          /** 0 to 2. */
          transformedDivergence: finite.optional(),
          /** Between the means, degrees. */
          spectralAngle: finite.optional(),
        }),
      ),
      /**
       * Bands used by the two distances: all that are not bad, or where a class has too few pixels for all, of each part of the
       * spectrum the one whose class means differ most against the spread within classes.
       */
      bands: z.array(count),
      warnings: z.array(z.string()),
    }),
  ),
  'spectra.scatter': call(
    'values of two bands: pixels of areas by group, thinned evenly to at most `most` a group',
    z.strictObject({
      scene,
      x: count,
      y: count,
      groups: z.array(z.strictObject({ id: z.string(), areas: z.array(geometry) })).max(255),
      most: count.max(20_000).default(2000),
      crs,
    }),
    z.object({
      groups: z.array(z.object({ id: z.string(), points: z.array(z.tuple([finite, finite])) })),
    }),
  ),
  'spectra.export': call(
    'writes spectra as a table (CSV, a row a band) or as an ENVI spectral library (.sli with .hdr)',
    z.strictObject({
      scene,
      path: uri,
      format: z.enum(['csv', 'sli']),
      overwrite: z.boolean().default(false),
      spectra: z
        .array(
          z.strictObject({
            name: z.string().max(200),
            /** Physical values, one a band of the scene; null where there is none. */
            mean: z.array(finite.nullable()),
            std: z.array(finite.nullable()).optional(),
            min: z.array(finite.nullable()).optional(),
            max: z.array(finite.nullable()).optional(),
          }),
        )
        .min(1)
        .max(10_000),
    }),
    z.object({ path: z.string(), files: z.array(z.string()) }),
  ),
  'rois.pixels': call(
    'how many pixels of the scene each area holds',
    z.strictObject({ scene, areas, crs }),
    z.object({ pixels: z.array(z.object({ id: z.string(), pixels: count })) }),
  ),
  'preview.map': call(
    'a quick map of what is in view: a random forest trained on the spot from ROIs',
    z.strictObject({
      scene,
      bounds,
      /** Size of the picture wanted. */
      width: count.min(1).max(2048),
      height: count.min(1).max(2048),
      classes: z
        .array(z.strictObject({ value: z.int().min(1).max(255), areas: z.array(geometry) }))
        .min(2)
        .max(255),
      crs,
    }),
    z.object({
      bounds,
      width: count,
      height: count,
      /** Class values row by row from the top, 0 for nodata, in base64. */
      classes: z.string(),
      seconds: finite,
    }),
  ),
} as const;
