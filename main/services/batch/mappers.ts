import { join } from 'node:path';
import type { BatchMapped } from '../../workers/batchMap.ts';
import type { BatchPlan } from './batchPlan.ts';
import { type Crew, workTogether } from './crew.ts';
import { mapScene, type SceneToMap } from './mapScene.ts';
import { ownNames } from './outputNames.ts';
import type { BatchScene } from './sceneRecord.ts';

/** Maps a scene and puts its outputs under their names. @throws AppError why it could not */
type MapOne = (
  scene: BatchScene,
  watch: { readonly signal: AbortSignal; readonly tell: (share: number) => void },
) => Promise<BatchMapped>;

/** Who maps the scenes of a batch: processes of this program, or workers that a queue on Redis reaches. */
export type Mappers = {
  /**
   * Has scenes mapped until `next` gives none. `settle` says how one ended before it is forgotten here. Where `settle` fails,
   * the others stop and its error is thrown.
   */
  work(
    next: () => BatchScene | undefined,
    settle: (scene: BatchScene, map: MapOne, signal: AbortSignal) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  close(): Promise<void>;
};

/** The processes of this program. */
export function ownMappers(plan: BatchPlan, crew: Crew): Mappers {
  const raws = join(plan.out, ownNames.state, 'raw');
  return {
    work: (next, settle, signal) =>
      workTogether(
        crew.members,
        next,
        (scene, process, stop) => {
          const { path } = scene.record;
          const place = { path, model: plan.recipe.model, results: plan.out, raws, called: [] };
          const map: MapOne = (one, watch) =>
            mapScene(plan, sceneToMap(one), place, process.run, watch);
          return settle(scene, map, stop);
        },
        signal,
      ),
    close: () => Promise.resolve(),
  };
}

export const sceneToMap = ({ scene, record }: BatchScene): SceneToMap => ({
  scene,
  ...{ stamp: record.stamp, outputs: record.outputs! },
  ...(/^https?:/.test(record.path) ? { address: record.path } : {}),
});
