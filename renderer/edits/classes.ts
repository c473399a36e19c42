import type { ClassRow, RowChange } from '../../app/project/rows.ts';
import { classColor } from '../../app/raster/palette.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { changed, put, removed } from './changes.ts';
import { newId } from './newId.ts';

/** Classes in the order of the class list. */
export const sortedClasses = (classes: ReadonlyMap<string, ClassRow>): readonly ClassRow[] =>
  [...classes.values()].sort((a, b) => a.order - b.order || a.value - b.value);

/** A class more, with the next free value and what else is not given; undefined where the list is full. */
export function addedClass(
  classes: readonly ClassRow[],
  given: Partial<Pick<ClassRow, 'name' | 'color' | 'macroclass'>> = {},
): ClassRow | undefined {
  const used = new Set(classes.map(({ value }) => value));
  const value = Array.from({ length: 255 }, (_, i) => i + 1).find((free) => !used.has(free));
  if (value === undefined) return undefined;
  const { name, color, macroclass } = given;
  return {
    id: newId(),
    value,
    name: name ?? t('Class {number}', { number: value }),
    // The next colour that colour-blind eyes can tell from the others.
    color: [...(color ?? classColor(classes.length))],
    ...(macroclass === undefined ? {} : { macroclass }),
    order: Math.max(0, ...classes.map(({ order }) => order)) + 1,
    visible: true,
  };
}

export function addClass(workspace: Workspace, name?: string): void {
  const { classes } = workspace.store.get().document;
  const row = addedClass([...classes.values()], name === undefined ? {} : { name });
  if (row === undefined) {
    workspace.notify(t('A class list holds at most 255 classes. Merge or remove one first.'));
    return;
  }
  workspace.edit(t('Add class {name}', { name: row.name }), [put('classes', row)]);
  workspace.store.set({ selectedClass: row.id });
}

export function changeClass(
  workspace: Workspace,
  id: string,
  label: string,
  part: Partial<ClassRow>,
): void {
  const row = workspace.store.get().document.classes.get(id);
  if (row !== undefined) workspace.edit(label, [changed('classes', row, { ...row, ...part })]);
}

/** Removes a class and its ROIs. */
export function removeClass(workspace: Workspace, id: string): void {
  const { classes, rois } = workspace.store.get().document;
  const row = classes.get(id);
  if (row === undefined) return;
  const its = [...rois.values()].filter(({ classId }) => classId === id);
  workspace.edit(t('Remove class {name}', { name: row.name }), [
    ...its.map((roi) => removed('rois', roi)),
    removed('classes', row),
  ]);
  workspace.store.set({
    selectedClass: sortedClasses(workspace.store.get().document.classes)[0]?.id,
  });
}

/** Gives the ROIs of one class to another and removes the first. */
export function mergeClasses(workspace: Workspace, from: string, into: string): void {
  const { classes, rois } = workspace.store.get().document;
  const [source, target] = [classes.get(from), classes.get(into)];
  if (source === undefined || target === undefined || from === into) return;
  const its = [...rois.values()].filter(({ classId }) => classId === from);
  workspace.edit(t('Merge {source} into {target}', { source: source.name, target: target.name }), [
    ...its.map((roi) => changed('rois', roi, { ...roi, classId: into })),
    removed('classes', source),
  ]);
  workspace.store.set({ selectedClass: into });
}

/** Puts a class before or after another in the list. */
export function moveClass(
  workspace: Workspace,
  ids: readonly string[],
  target: string,
  place: 'before' | 'after',
): void {
  const list = sortedClasses(workspace.store.get().document.classes);
  const moved = list.filter(({ id }) => ids.includes(id));
  const rest = list.filter(({ id }) => !ids.includes(id));
  const at = rest.findIndex(({ id }) => id === target) + (place === 'after' ? 1 : 0);
  const sorted = [...rest.slice(0, at), ...moved, ...rest.slice(at)];
  const changes: RowChange[] = sorted.flatMap((row, index) =>
    row.order === index + 1 ? [] : [changed('classes', row, { ...row, order: index + 1 })],
  );
  workspace.edit(t('Move class'), changes);
}
