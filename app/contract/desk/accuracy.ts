import { z } from 'zod';
import { api } from '../api.ts';
import { call } from '../call.ts';
import { uri } from '../common.ts';

const finite = z.number();
const count = z.int().nonnegative();

export const accuracyCalls = {
  'accuracy.design': call(
    'draws the points of an accuracy assessment from a class map',
    z.strictObject({
      map: uri,
      design: z.enum(['stratified', 'equalised', 'random']),
      points: z.int().min(2).max(100_000),
      /** Fewest points a class (stratified). */
      least: z.int().min(0).max(1000).default(10),
      seed: count.default(0),
    }),
    z.object({
      /** Pixel centres, in random order: the first ones are a sample too, and neighbours in the list do not share a class. */
      points: z.array(z.object({ x: finite, y: finite, stratum: z.int() })),
      /** CRS of the positions; absent where the map has none. */
      crs: z.string().optional(),
      strata: z.array(z.object({ value: z.int(), name: z.string(), pixels: count, points: count })),
    }),
  ),
  'accuracy.assess': call(
    'confusion matrix and figures from labelled points; area-adjusted with 95 % intervals',
    z.strictObject({
      map: uri,
      classes: z
        .array(z.strictObject({ value: z.int(), name: z.string() }))
        .min(1)
        .max(255),
      points: z
        .array(
          z.strictObject({
            id: z.string(),
            x: finite,
            y: finite,
            stratum: z.int(),
            label: z.int(),
          }),
        )
        .min(1)
        .max(100_000),
      /** Design that the points were drawn by: says how they are weighted. */
      design: z.enum(['stratified', 'equalised', 'random']),
      /**
       * Pixels of each stratum in the map that the points were drawn from. Needed where `map` is another one, e.g. after
       * training again; else its own pixels are counted.
       */
      strata: z.array(z.strictObject({ value: z.int(), pixels: count })).optional(),
      /** CRS of the positions; that of the map where absent. */
      crs: z.string().optional(),
      report: uri.optional(),
      /** Confusion matrix as a table. */
      csv: uri.optional(),
    }),
    z.object({
      ...api.evaluate.output.shape,
      /**
       * Overall, user's and producer's accuracy and areas, with 95 % intervals: Olofsson et al. 2014, and Stehman 2014 where the
       * strata are of another map. Absent, with a warning, where points do not suffice.
       */
      adjusted: z
        .object({
          oa: z.object({ value: finite, confidence95: finite }),
          classes: z.array(
            z.object({
              name: z.string(),
              users: z.object({ value: finite, confidence95: finite }).optional(),
              producers: z.object({ value: finite, confidence95: finite }).optional(),
              hectares: z.object({ value: finite, confidence95: finite }).optional(),
              share: z.object({ value: finite, confidence95: finite }),
            }),
          ),
        })
        .optional(),
      disagreements: z.array(
        z.object({ id: z.string(), x: finite, y: finite, map: z.int(), label: z.int() }),
      ),
    }),
  ),
  'accuracy.errors': call(
    'writes a raster of agreement between a map and a reference: 1 agrees, 2 differs, 0 unknown',
    z.strictObject({ map: uri, reference: uri, classField: z.string().optional(), out: uri }),
    z.object({ raster: z.string(), agrees: count, differs: count }),
  ),
  'report.open': call(
    'an address that shows a report of an evaluation, once and within a minute',
    z.strictObject({ path: uri }),
    z.object({ address: z.string() }),
  ),
  'export.map': call(
    'writes a map in another form',
    z.strictObject({
      map: uri,
      out: uri,
      format: z.enum(['cog', 'gpkg', 'geojson', 'png', 'pdf', 'qml', 'sld']),
      /** Areas of fewer pixels become part of their largest neighbour (GDAL's sieve). */
      sieve: count.default(0),
      /** Simplification of polygons, pixels. */
      simplify: finite.min(0).default(0),
      title: z.string().max(200).optional(),
      /** Class names and colours other than the file's. */
      classes: z
        .array(
          z.strictObject({
            value: z.int(),
            name: z.string(),
            color: z.tuple([count, count, count]),
          }),
        )
        .optional(),
      overwrite: z.boolean().default(false),
    }),
    z.object({ path: z.string(), files: z.array(z.string()) }),
  ),
} as const;
