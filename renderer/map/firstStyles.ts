import { changed } from '../edits/changes.ts';
import { defaultStyle } from '../edits/layers.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import type { Workspace } from '../state/workspaceState.ts';

/** A layer that came without a style gets the usual one once its scene is open. */
export function firstStyles(workspace: Workspace): (drawn: readonly DrawnLayer[]) => void {
  const { store } = workspace;
  const underWay = new Set<string>();
  return (drawn) => {
    for (const { row } of drawn) {
      const entry = store.get().scenes.get(row.uri ?? '');
      if (row.kind !== 'scene' || row.style !== undefined || entry?.state !== 'open') continue;
      if (underWay.has(row.id)) continue;
      underWay.add(row.id);
      defaultStyle(workspace, entry.info)
        .then((style) => {
          const now = store.get().document.layers.get(row.id);
          if (now !== undefined && now.style === undefined)
            workspace.amend([changed('layers', now, { ...now, style })]);
        })
        .catch(workspace.report)
        .finally(() => underWay.delete(row.id));
    }
  };
}
