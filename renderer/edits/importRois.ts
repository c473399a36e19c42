import { AppError } from '../../app/error.ts';
import type { ClassRow, RoiRow } from '../../app/project/rows.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { saidSentence, t } from '../words/translate.ts';
import { put } from './changes.ts';
import { roisLayer } from './layers.ts';
import { newId } from './newId.ts';

/**
 * Adds the ROIs of a file; its classes join those of the same name. One edit, so one undo.
 * @throws AppError `no-crs` where no scene says yet in which coordinate system the project is; those of reading the file
 */
export async function importRois(
  workspace: Workspace,
  path: string,
  classField?: string,
): Promise<void> {
  const { document } = workspace.store.get();
  const crs = document.settings.get('crs') as string | undefined;
  if (crs === undefined && ![...document.layers.values()].some(({ kind }) => kind === 'scene'))
    throw new AppError(
      'no-crs',
      t('{path} holds ROIs, and there is no scene yet to put them on. Open the scene first.', {
        path,
      }),
    );
  const found = await workspace.host.call('rois.import', {
    path,
    ...(classField === undefined ? {} : { classField }),
    ...(crs === undefined ? {} : { crs }),
  });
  const byName = new Map([...document.classes.values()].map((row) => [row.name, row]));
  const used = new Set([...document.classes.values()].map(({ value }) => value));
  const idOf = new Map<number, string>();
  const added: ClassRow[] = [];
  for (const { value, name, color, macroclass } of found.classes) {
    const known = byName.get(name);
    idOf.set(value, known?.id ?? newId());
    if (known !== undefined) continue;
    const free = used.has(value)
      ? Array.from({ length: 255 }, (_, i) => i + 1).find((one) => !used.has(one))
      : value;
    if (free === undefined) continue;
    used.add(free);
    added.push({
      id: idOf.get(value)!,
      value: free,
      name,
      color,
      ...(macroclass === undefined ? {} : { macroclass }),
      order: document.classes.size + added.length + 1,
      visible: true,
    });
  }
  const rows = found.rois.map(
    ({ classValue, geometry }): RoiRow => ({
      id: newId(),
      classId: idOf.get(classValue)!,
      geometry,
    }),
  );
  workspace.edit(t('Import {count} ROIs', { count: rows.length }), [
    ...roisLayer(document.layers),
    ...added.map((row) => put('classes', row)),
    ...rows.map((row) => put('rois', row)),
  ]);
  const { selectedClass } = workspace.store.get();
  if (selectedClass === undefined && added[0] !== undefined)
    workspace.store.set({ selectedClass: added[0].id });
  workspace.notify(
    t('{count} ROIs of {classes} classes were imported.', {
      count: rows.length,
      classes: found.classes.length,
    }),
    { label: t('Undo'), run: workspace.undo },
  );
  for (const warning of found.warnings) workspace.notify(saidSentence(warning));
}
