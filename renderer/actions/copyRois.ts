import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { ClassRow, RoiRow, RowChange } from '../../app/project/rows.ts';
import { changed, put } from '../edits/changes.ts';
import { addedClass } from '../edits/classes.ts';
import { planCopy, reprojected } from '../edits/copyRois.ts';
import { roisLayer } from '../edits/layers.ts';
import { newId } from '../edits/newId.ts';
import { nameOfScene, sceneToMap } from '../state/sceneToMap.ts';
import { t } from '../words/translate.ts';
import type { Command, CommandContext } from './command.ts';
import { dialog } from './dialogCommand.ts';

/** What was copied last, until the window is closed: also for another project. */
type Copied = {
  readonly rows: readonly RoiRow[];
  readonly classes: ReadonlyMap<string, ClassRow>;
  readonly crs: string | undefined;
  /** Names the project. */
  readonly folder: string | undefined;
  /** Scene that was in use. */
  readonly scene: string | undefined;
};

let copied: Copied | undefined;

const selectedRows = ({ workspace }: CommandContext): readonly RoiRow[] => {
  const { document, selectedRois } = workspace.store.get();
  return [...selectedRois].map((id) => document.rois.get(id)).filter((row) => row !== undefined);
};

const crsOf = ({ workspace }: CommandContext): string | undefined =>
  workspace.store.get().document.settings.get('crs') as string | undefined;

function copySelected(context: CommandContext): void {
  const { store, notify } = context.workspace;
  const rows = selectedRows(context);
  copied = {
    rows,
    classes: store.get().document.classes,
    crs: crsOf(context),
    folder: store.get().project?.folder,
    scene: sceneToMap(context),
  };
  notify(
    t('ROIs copied: {count}. Select the layer of another scene, then paste.', {
      count: rows.length,
    }),
  );
}

/** Copies ROIs of this project to a scene; says what could not be copied. */
export function copyToScene(
  context: CommandContext,
  rows: readonly RoiRow[],
  from: string | undefined,
  to: { readonly uri: string; readonly info: SceneInfo },
): void {
  const { workspace, map } = context;
  const { uri, info } = to;
  const name = nameOfScene(workspace, uri);
  const plan = planCopy(
    rows,
    from,
    {
      uri,
      bounds: info.bounds,
      toScene: map.canReach(info) ? ([x, y]) => map.toScene([x, y], info) : undefined,
    },
    newId,
  );
  const count = plan.copies.length;
  workspace.edit(t('Copy ROIs to {name}', { name }), plan.changes);
  if (count > 0) {
    workspace.notify(
      t('ROIs copied to {name}: {count}. From now on each scene has its own.', { count, name }),
      { label: t('Undo'), run: workspace.undo },
    );
    if (sceneToMap(context) === uri)
      workspace.store.set({ selectedRois: new Set(plan.copies.map(({ id }) => id)) });
  }
  if (plan.outside > 0)
    workspace.notify(
      t('ROIs outside {name}, not copied: {count}. Choose a scene that covers them.', {
        count: plan.outside,
        name,
      }),
    );
  if (plan.there > 0 && count === 0)
    workspace.notify(
      t('These ROIs belong to {name} already. Select the layer of another scene, then paste.', {
        name,
      }),
    );
}

/** Adds ROIs of another project, in the CRS of this one; their classes join those of the same name. */
function pasteFrom(context: CommandContext, { rows, classes, crs }: Copied): void {
  const { workspace, map } = context;
  const { document } = workspace.store.get();
  const transform = map.transformFrom(crs);
  if (transform === undefined)
    return workspace.notify(
      t('There is no way from the coordinates of the copied ROIs to those of this project.'),
    );
  const own = new Map([...document.classes.values()].map((row) => [row.name, row]));
  const added: RowChange[] = [];
  const classOf = (id: string): string | undefined => {
    const theirs = classes.get(id);
    if (theirs === undefined) return undefined;
    const known = own.get(theirs.name) ?? addedClass([...own.values()], theirs);
    if (known === undefined) return undefined;
    if (!own.has(known.name)) added.push(put('classes', known));
    own.set(known.name, known);
    return known.id;
  };
  const pasted = rows.flatMap((row) => {
    const classId = classOf(row.classId);
    if (classId === undefined) return [];
    const { scene: _, ...rest } = row;
    const geometry = reprojected(row.geometry, transform) as RoiRow['geometry'];
    return [{ ...rest, id: newId(), classId, geometry }];
  });
  workspace.edit(t('Paste ROIs'), [
    ...roisLayer(document.layers),
    ...added,
    ...pasted.map((row) => put('rois', row)),
  ]);
  workspace.store.set({ selectedRois: new Set(pasted.map(({ id }) => id)) });
  map.zoomToRois(pasted.map(({ id }) => id));
}

function paste(context: CommandContext): void {
  const { store, notify } = context.workspace;
  if (copied === undefined)
    return notify(t('Nothing was copied yet. Select ROIs and copy them first.'));
  const { project, scenes, document } = store.get();
  if (copied.folder !== project?.folder) return pasteFrom(context, copied);
  const uri = sceneToMap(context) ?? '';
  const entry = scenes.get(uri);
  if (entry?.state !== 'open') return notify(t('No scene is open. Open one first.'));
  // As they are now: they may have been changed since.
  const rows = copied.rows
    .map(({ id }) => document.rois.get(id))
    .filter((row) => row !== undefined);
  copyToScene(context, rows, copied.scene, { uri, info: entry.info });
}

function holdForEveryScene(context: CommandContext): void {
  const changes = selectedRows(context).flatMap((row): RowChange[] => {
    const { scene, ...rest } = row;
    return scene === undefined ? [] : [changed('rois', row, rest)];
  });
  context.workspace.edit(t('Let ROIs hold for every scene'), changes);
}

const someSelected = (context: CommandContext): boolean => selectedRows(context).length > 0;

/** ROIs from one scene to another. */
export const copyCommands: readonly Command[] = [
  {
    id: 'roi.copy',
    label: 'Copy the selected ROIs',
    group: 'Edit',
    keys: ['Mod+C'],
    when: someSelected,
    run: copySelected,
  },
  {
    id: 'roi.paste',
    label: 'Paste ROIs onto the scene in use',
    group: 'Edit',
    keys: ['Mod+V'],
    run: paste,
  },
  { ...dialog('roi.copyTo', 'Copy to scene…', 'copyRois'), when: someSelected },
  {
    id: 'roi.everyScene',
    label: 'Let the selected ROIs hold for every scene',
    group: 'Edit',
    when: (context) => selectedRows(context).some(({ scene }) => scene !== undefined),
    run: holdForEveryScene,
  },
];
