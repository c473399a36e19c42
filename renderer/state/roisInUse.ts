import { holdsFor } from '../../app/project/document.ts';
import type { RoiRow } from '../../app/project/rows.ts';
import { sceneToMap } from './sceneToMap.ts';
import type { Workspace } from './workspaceState.ts';

type Rois = ReadonlyMap<string, RoiRow>;

/** Tables never change, so what was found in one stays true. */
const known = new WeakMap<Rois, Map<string | undefined, Rois>>();

/** Those of the ROIs that hold for a scene; the table itself where all do. */
export function roisFor(rois: Rois, scene: string | undefined): Rois {
  const byScene = known.get(rois) ?? new Map<string | undefined, Rois>();
  known.set(rois, byScene);
  const before = byScene.get(scene);
  if (before !== undefined) return before;
  const own = [...rois].filter(([, row]) => holdsFor(row, scene));
  const found = own.length === rois.size ? rois : new Map(own);
  byScene.set(scene, found);
  return found;
}

/** The ROIs that hold for the scene in use: what is drawn, counted and trained on. */
export const roisInUse = (workspace: Workspace): Rois =>
  roisFor(workspace.store.get().document.rois, sceneToMap({ workspace }));
