import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Input } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import type { CalledNames } from '../../workers/manifest.ts';
import type { ScenePlace, ScenePlan } from '../batch/mapScene.ts';
import type { Announcement } from '../batch/queue/board.ts';
import type { JobMessage } from '../batch/queue/messages.ts';
import { takenFolder } from '../batch/queue/publish.ts';
import {
  checkModel,
  checkProgram,
  readSharedPlan,
  type SharedPlan,
} from '../batch/queue/sharedPlan.ts';

/** A batch as this machine sees it. */
export type WorkerPlan = ScenePlan & {
  readonly shared: SharedPlan;
  /** @throws AppError `conflict` where the model was changed since */
  checkModel(): Promise<void>;
  /** Where a job finds its scene and puts its results. */
  place(message: JobMessage, taken: string): ScenePlace;
};

/**
 * Reads what a batch shares with its workers, and looks at the model.
 * @throws AppError `not-found`, `not-readable`, `conflict` where this machine has another model, batch or program
 */
export async function workerPlan(
  input: Input<'worker'>,
  { id, out: announced }: Announcement,
  threads: number | undefined,
): Promise<WorkerPlan> {
  const out = input.out ?? announced;
  const shared = await readSharedPlan(out);
  if (shared.id !== id)
    throw new AppError(
      'conflict',
      `${out} holds the results of another batch than the one in the queue, whose results lie in ${announced} for it. Say with --out where that folder lies here.`,
      { path: out },
    );
  checkProgram(shared);
  const model = input.model ?? shared.recipe.model;
  await checkModel(model, shared);
  const folder = input.folder ?? shared.folder;
  // one that lacks the folder would call every scene missing
  if (!shared.list && (await stat(folder).catch(() => undefined))?.isDirectory() !== true)
    throw new AppError(
      'not-found',
      `The scenes of the batch lie in ${folder}, which this machine does not see. Say with --folder where that folder lies here.`,
      { path: folder },
    );
  const { settings } = shared.recipe;
  const names: CalledNames = [
    [model, shared.recipe.model],
    [folder, shared.folder],
  ];
  const called = names.toSorted(([a], [b]) => b.length - a.length);
  return {
    shared,
    checkModel: () => checkModel(model, shared),
    recipe: { ...shared.recipe, settings: { ...settings, threads } },
    model: shared.model,
    toScenes: shared.toScenes,
    place: ({ job, scene, address, parts }, taken) => {
      const results = takenFolder(out, job, taken);
      // names of scenes were checked to stay inside the folder
      const path = address ?? join(folder, scene);
      const folders = parts?.map((part) => takenFolder(out, part.job, part.taken));
      return { path, model, results, parts: folders, raws: join(results, '.raw'), called };
    },
  };
}
