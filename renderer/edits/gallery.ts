import type { Workspace } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { setting } from './changes.ts';

/** What the gallery of the project shows otherwise than folders say; kept as the setting `models`. Files are never touched. */
export type Gallery = {
  /** Folders of models that lie elsewhere. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Names of the analyst's own, by path. */
  readonly names: Readonly<Record<string, string>>;
};

export const galleryOf = (settings: ReadonlyMap<string, unknown>): Gallery => ({
  added: [],
  removed: [],
  names: {},
  ...(settings.get('models') as Partial<Gallery> | undefined),
});

function keep(workspace: Workspace, label: string, part: Partial<Gallery>): void {
  const { settings } = workspace.store.get().document;
  const before = settings.get('models');
  workspace.edit(label, [setting('models', before, { ...galleryOf(settings), ...part })]);
}

/** Shows a model that lies elsewhere, or one that was removed before. */
export function addModel(workspace: Workspace, path: string): void {
  const { added, removed } = galleryOf(workspace.store.get().document.settings);
  keep(workspace, t('Add a model'), {
    added: [...new Set([...added, path])],
    removed: removed.filter((one) => one !== path),
  });
}

/** Takes a model out of the gallery; its folder stays. */
export function removeModel(workspace: Workspace, path: string, name: string): void {
  const { added, removed } = galleryOf(workspace.store.get().document.settings);
  keep(workspace, t('Remove {name}', { name }), {
    added: added.filter((one) => one !== path),
    removed: [...new Set([...removed, path])],
  });
  workspace.notify(t('{name} was removed from the gallery. Its folder stays.', { name }), {
    label: t('Undo'),
    run: workspace.undo,
  });
}

/** Calls a model otherwise in this project; an empty name gives it back its own. */
export function renameModel(workspace: Workspace, path: string, name: string): void {
  const { [path]: _, ...others } = galleryOf(workspace.store.get().document.settings).names;
  keep(workspace, t('Rename model'), {
    names: name === '' ? others : { ...others, [path]: name },
  });
}
