import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { SceneStyle } from '../../app/project/rows.ts';
import { changed } from '../edits/changes.ts';
import { defaultStyle, limitsOf } from '../edits/layers.ts';
import type { DrawnLayer } from '../state/layerOrder.ts';
import type { Workspace } from '../state/workspaceState.ts';
import { fits } from './sceneLook.ts';

const styleOf = async (
  workspace: Workspace,
  info: SceneInfo,
  before: SceneStyle | undefined,
): Promise<SceneStyle> =>
  before === undefined
    ? defaultStyle(workspace, info)
    : { ...before, limits: await limitsOf(workspace, info, before) };

/** A layer that came without a style, or with one of another scene, gets the usual one once its scene is open. */
export function firstStyles(workspace: Workspace): (drawn: readonly DrawnLayer[]) => void {
  const { store } = workspace;
  const underWay = new Set<string>();
  const stamps = new Map<string, string>();
  return (drawn) => {
    for (const { row } of drawn) {
      const entry = store.get().scenes.get(row.uri ?? '');
      if (row.kind !== 'scene' || entry?.state !== 'open') continue;
      const { style, id } = row;
      const fitting = style !== undefined && fits(style, entry.info) ? style : undefined;
      // Other values in the file: limits that nobody chose by hand are those of the scene that was.
      const isReplaced = (stamps.get(id) ?? entry.info.stamp) !== entry.info.stamp;
      stamps.set(id, entry.info.stamp);
      if (fitting !== undefined && (!isReplaced || fitting.stretch === 'manual')) continue;
      if (underWay.has(row.id)) continue;
      underWay.add(row.id);
      styleOf(workspace, entry.info, fitting)
        .then((style) => {
          const now = store.get().document.layers.get(row.id);
          if (now !== undefined && now.style === row.style)
            workspace.amend([changed('layers', now, { ...now, style })]);
        })
        .catch(workspace.report)
        .finally(() => underWay.delete(row.id));
    }
  };
}
