import { z } from 'zod';

const id = z.string().min(1).max(64);
const finite = z.number();
const byte = z.int().min(0).max(255);
const position = z.tuple([finite, finite]);
const ring = z.array(position).min(3).max(1_000_000);

/** As `Geometry` of app/vector, in the CRS of the project. */
export const geometry = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('polygons'),
    polygons: z.array(z.strictObject({ outer: ring, holes: z.array(ring) })).min(1),
  }),
  z.strictObject({ kind: z.literal('points'), points: z.array(position).min(1) }),
]);

const range = z.tuple([finite, finite]);

/** How the samples of a scene become colours; all of it is worked out on the graphics card, from samples of the file's own depth. */
export const sceneStyle = z.strictObject({
  mode: z.enum(['rgb', 'single', 'index', 'classes']),
  /** Bands from 0, as red, green and blue. */
  rgb: z.tuple([z.int().min(0), z.int().min(0), z.int().min(0)]),
  /** Band of mode `single`. */
  band: z.int().min(0),
  /** Expression of mode `index`, e.g. `(B8 - B4) / (B8 + B4)`. */
  expression: z.string().max(500),
  stretch: z.enum(['percent', 'minmax', 'sigma', 'manual']),
  /** Limits that are shown as black and white, one pair a channel: of red, green, blue, or of the one band or index. */
  limits: z.array(range).max(3),
  gamma: finite.min(0.1).max(10),
  palette: z.string().max(40),
  /** Least value that is drawn (mode `single`), in samples of the file; all where absent. */
  threshold: finite.optional(),
  /** Class values that are not drawn (mode `classes`). */
  hidden: z.array(z.int()).max(65536),
  /** Colours that differ from the file's, by class value. */
  colors: z.record(z.string(), z.tuple([byte, byte, byte])),
});

/** One entry of the layer tree. */
export const layerRow = z.strictObject({
  id,
  /** Group it lies in; top level where absent. */
  parent: id.optional(),
  /** Greater is drawn above. */
  order: finite,
  name: z.string().max(200),
  kind: z.enum(['group', 'scene', 'rois', 'basemap']),
  visible: z.boolean(),
  opacity: finite.min(0).max(1),
  /** Scene, map or score raster: anything that `scene.open` takes. For a basemap: see app/contract/desk/basemaps.ts, or `offline`. */
  uri: z.string().max(4096).optional(),
  style: sceneStyle.optional(),
  /** Who made a basemap, as its terms of use want it shown; what its source says where absent. */
  attribution: z.string().max(500).optional(),
});

/** A class of the class list. */
export const classRow = z.strictObject({
  id,
  /** Its number in class maps. */
  value: z.int().min(1).max(255),
  name: z.string().min(1).max(100),
  color: z.tuple([byte, byte, byte]),
  macroclass: z.string().max(100).optional(),
  order: finite,
  visible: z.boolean(),
});

/** A training area. */
export const roiRow = z.strictObject({
  id,
  classId: id,
  geometry,
  name: z.string().max(100).optional(),
  /** The one scene that it holds for, as its layer names it; it holds for every scene where absent. */
  scene: z.string().max(4096).optional(),
});

/** A point of an accuracy assessment. */
export const pointRow = z.strictObject({
  id,
  x: finite,
  y: finite,
  /** Class value of the map there: the stratum. Not shown while labelling. */
  stratum: z.int(),
  /** What the analyst says is there; absent while unlabelled. */
  classId: id.optional(),
});

/** A setting that belongs to the project, e.g. `crs`, `classField`, `train`. */
export const settingRow = z.strictObject({ id, value: z.unknown() });

/** The tables of a project that a person edits, and the schema of their rows. */
export const rowSchemas = {
  layers: layerRow,
  classes: classRow,
  rois: roiRow,
  points: pointRow,
  settings: settingRow,
} as const;

export type TableName = keyof typeof rowSchemas;
export type RowOf<Table extends TableName> = z.infer<(typeof rowSchemas)[Table]>;
export type LayerRow = RowOf<'layers'>;
export type ClassRow = RowOf<'classes'>;
export type RoiRow = RowOf<'rois'>;
export type PointRow = RowOf<'points'>;
export type SceneStyle = z.infer<typeof sceneStyle>;

/** One row put in (`after`), changed (both) or taken out (`before`). */
const changeOf = <Table extends TableName>(table: Table) => {
  const row = rowSchemas[table];
  return z.strictObject({
    table: z.literal(table),
    id,
    before: row.optional() as z.ZodOptional<(typeof rowSchemas)[Table]>,
    after: row.optional() as z.ZodOptional<(typeof rowSchemas)[Table]>,
  });
};

export const rowChange = z.discriminatedUnion('table', [
  changeOf('layers'),
  changeOf('classes'),
  changeOf('rois'),
  changeOf('points'),
  changeOf('settings'),
]);

/** What one action of the analyst changed: the unit of undo, written in one transaction. */
export const edit = z.strictObject({
  /** As the undo menu shows it, e.g. "Draw polygon". */
  label: z.string().max(100),
  changes: z.array(rowChange).max(200_000),
});

export type RowChange = z.infer<typeof rowChange>;
export type Edit = z.infer<typeof edit>;

/** A polygon that is being drawn: journalled with every vertex, offered again after a crash. */
export const sketch = z.strictObject({
  tool: z.string().max(40),
  classId: id.optional(),
  vertices: z.array(position).max(1_000_000),
});

export type Sketch = z.infer<typeof sketch>;
