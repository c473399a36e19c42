import { z } from 'zod';
import { edit, rowSchemas, sketch } from '../../project/rows.ts';
import { call } from '../call.ts';
import { uri } from '../common.ts';

const nothing = z.strictObject({});
const done = z.object({});

/** A project as the renderer gets it when it opens. */
const projectState = z.object({
  /** File that the user chose; absent while the project has no name yet (it is kept all the same). */
  path: z.string().optional(),
  name: z.string(),
  /** Where maps and models of this project are put unless the user says otherwise. */
  folder: z.string(),
  tables: z.object({
    layers: z.array(rowSchemas.layers),
    classes: z.array(rowSchemas.classes),
    rois: z.array(rowSchemas.rois),
    points: z.array(rowSchemas.points),
    settings: z.array(rowSchemas.settings),
  }),
  /** A polygon that was being drawn when the application ended. */
  sketch: sketch.optional(),
  /** The last session on this project did not end by itself. */
  recovered: z.boolean(),
  /** Nothing can be changed in it. */
  readOnly: z.boolean().optional(),
  /** What was left out or repaired when it was opened, a plain sentence each. */
  warnings: z.array(z.string()).optional(),
  /**
   * Grows with every edit and whenever another project takes its place. A window that gets an event `project` with a
   * revision that it has already (its own edit) has nothing to do.
   */
  revision: z.int().nonnegative(),
});

export type ProjectState = z.infer<typeof projectState>;

export const projectCalls = {
  'project.state': call('the open project; a new one where none is open', nothing, projectState),
  'project.new': call('an empty project without a name', nothing, projectState),
  'project.open': call(
    'opens a project file',
    z.strictObject({ path: uri, readOnly: z.boolean().default(false) }),
    projectState,
  ),
  'project.saveAs': call(
    'gives the project a file; from then on every edit is in it at once',
    z.strictObject({ path: uri, overwrite: z.boolean().default(false) }),
    projectState,
  ),
  'project.sample': call(
    'opens a new project with a generated scene, for a first look',
    z.strictObject({ kind: z.enum(['hyperspectral', 'sentinel2', 'pair']).default('sentinel2') }),
    projectState,
  ),
  'project.recent': call(
    'projects opened lately, newest first',
    nothing,
    z.object({
      projects: z.array(
        z.object({ path: z.string(), name: z.string(), opened: z.string(), exists: z.boolean() }),
      ),
    }),
  ),
  'project.edit': call(
    'applies an edit, all or nothing; durable when answered',
    z.strictObject({
      edit,
      /** Names the edit where it may be sent again, because the answer was lost: it is not done twice. */
      token: z.string().min(1).max(64).optional(),
    }),
    z.object({ revision: z.int().nonnegative() }),
  ),
  'project.sketch': call(
    'journals the polygon that is being drawn; without one, forgets it',
    z.strictObject({ sketch: sketch.optional() }),
    done,
  ),
  'rois.import': call(
    'reads ROIs and classes of a file, in the CRS of the project; nothing is changed yet',
    z.strictObject({
      path: uri,
      classField: z.string().optional(),
      layer: z.string().optional(),
      /** CRS of the project. */
      crs: z.string().optional(),
    }),
    z.object({
      classes: z.array(
        z.object({
          value: z.int(),
          name: z.string(),
          color: rowSchemas.classes.shape.color,
          macroclass: z.string().optional(),
        }),
      ),
      rois: z.array(z.object({ classValue: z.int(), geometry: rowSchemas.rois.shape.geometry })),
      warnings: z.array(z.string()),
    }),
  ),
  'rois.export': call(
    'writes the ROIs and classes of the project',
    z.strictObject({
      path: uri,
      format: z.enum(['geojson', 'gpkg', 'shapefile', 'csv']),
      /** Only ROIs that hold for this scene, as its layer names it; else all, copies for several scenes among them. */
      scene: uri.optional(),
      overwrite: z.boolean().default(false),
    }),
    z.object({ path: z.string(), rois: z.int() }),
  ),
} as const;
