import type { RoiRow, RowChange } from '../../app/project/rows.ts';
import type { Geometry } from '../../app/vector/geometry.ts';
import { roisInUse } from '../state/roisInUse.ts';
import { viewStore } from '../state/view.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { changed, put, removed } from './changes.ts';
import { roisLayer } from './layers.ts';
import { newId } from './newId.ts';
import { unionOf, without } from './polygons.ts';

/** A new ROI of the class in use; with "avoid overlap", without what other ROIs hold. */
export function addRoi(
  workspace: Workspace,
  geometry: Geometry,
  label: string,
): RoiRow | undefined {
  const { document, selectedClass } = workspace.store.get();
  if (selectedClass === undefined || !document.classes.has(selectedClass)) {
    workspace.notify(t('There is no class to draw in. Add a class first.'));
    return undefined;
  }
  const others = [...roisInUse(workspace).values()].map((row) => row.geometry);
  const free = viewStore.get().avoidOverlap ? without(geometry, others) : geometry;
  if (free === undefined) {
    workspace.notify(
      t('Other ROIs cover all of it. Switch off "Avoid overlap" to draw it all the same.'),
    );
    return undefined;
  }
  const row: RoiRow = { id: newId(), classId: selectedClass, geometry: free as RoiRow['geometry'] };
  workspace.edit(label, [...roisLayer(document.layers), put('rois', row)]);
  workspace.store.set({ selectedRois: new Set([row.id]) });
  return row;
}

/** Replaces the geometry of ROIs; one that becomes nothing is removed. */
export function reshape(
  workspace: Workspace,
  label: string,
  shapes: ReadonlyMap<string, Geometry | undefined>,
): void {
  const { rois } = workspace.store.get().document;
  const changes: RowChange[] = [];
  for (const [id, geometry] of shapes) {
    const row = rois.get(id);
    if (row === undefined) continue;
    if (geometry === undefined) changes.push(removed('rois', row));
    else changes.push(changed('rois', row, { ...row, geometry: geometry as RoiRow['geometry'] }));
  }
  workspace.edit(label, changes);
}

const selectedRows = ({ store }: Workspace): readonly RoiRow[] => {
  const { document, selectedRois } = store.get();
  return [...selectedRois].map((id) => document.rois.get(id)).filter((row) => row !== undefined);
};

export function removeSelectedRois(workspace: Workspace): void {
  const rows = selectedRows(workspace);
  workspace.edit(
    rows.length === 1 ? t('Remove ROI') : t('Remove {count} ROIs', { count: rows.length }),
    rows.map((row) => removed('rois', row)),
  );
  workspace.store.set({ selectedRois: new Set() });
}

/** One multipart ROI of all selected, of the class of the first. */
export function mergeSelectedRois(workspace: Workspace): void {
  const [first, ...rest] = selectedRows(workspace);
  if (first === undefined || rest.length === 0) {
    workspace.notify(
      t('Select two ROIs or more to merge them (Shift+click adds to the selection).'),
    );
    return;
  }
  const geometry = unionOf([first.geometry, ...rest.map((row) => row.geometry)]);
  if (geometry === undefined) return;
  workspace.edit(t('Merge ROIs'), [
    changed('rois', first, { ...first, geometry: geometry as RoiRow['geometry'] }),
    ...rest.map((row) => removed('rois', row)),
  ]);
  workspace.store.set({ selectedRois: new Set([first.id]) });
}

export function setClassOfSelected(workspace: Workspace, classId: string): void {
  const rows = selectedRows(workspace).filter((row) => row.classId !== classId);
  workspace.edit(
    t('Change class of ROI'),
    rows.map((row) => changed('rois', row, { ...row, classId })),
  );
}
