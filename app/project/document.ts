import type { ClassRow, Edit, LayerRow, PointRow, RoiRow, RowChange, TableName } from './rows.ts';

/** Everything of a project that a person edits, by table and id. Readonly: `applyEdit` gives a new one. */
export type ProjectDocument = {
  readonly layers: ReadonlyMap<string, LayerRow>;
  readonly classes: ReadonlyMap<string, ClassRow>;
  readonly rois: ReadonlyMap<string, RoiRow>;
  readonly points: ReadonlyMap<string, PointRow>;
  readonly settings: ReadonlyMap<string, unknown>;
};

export const emptyDocument: ProjectDocument = {
  layers: new Map(),
  classes: new Map(),
  rois: new Map(),
  points: new Map(),
  settings: new Map(),
};

/** Whether an ROI counts on a scene: it is of that scene alone, or of every scene. */
export const holdsFor = ({ scene }: Pick<RoiRow, 'scene'>, uri: string | undefined): boolean =>
  scene === undefined || scene === uri;

/** The document after an edit; tables that the edit does not touch are the same objects. */
export function applyEdit(document: ProjectDocument, { changes }: Edit): ProjectDocument {
  const tables: Record<TableName, Map<string, unknown> | undefined> = {
    layers: undefined,
    classes: undefined,
    rois: undefined,
    points: undefined,
    settings: undefined,
  };
  for (const { table, id, after } of changes) {
    tables[table] ??= new Map<string, unknown>(document[table]);
    if (after === undefined) tables[table].delete(id);
    else tables[table].set(id, table === 'settings' ? after.value : after);
  }
  const changed = Object.entries(tables).filter(([, rows]) => rows !== undefined);
  return { ...document, ...(Object.fromEntries(changed) as Partial<ProjectDocument>) };
}

/** The edit that undoes `edit`. */
export function inverseOf({ label, changes }: Edit): Edit {
  return {
    label,
    changes: changes
      .map(({ before, after, ...change }) => ({
        ...change,
        ...(after === undefined ? {} : { before: after }),
        ...(before === undefined ? {} : { after: before }),
      }))
      .reverse() as RowChange[],
  };
}
