import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OutputTemplates } from '../../../app/contract/batchRecipe.ts';
import type { BatchQueue, QueuedScene } from '../../store/batchQueue.ts';
import type { BatchCheck } from '../../workers/batchCheck.ts';
import type { OutputPaths } from '../../workers/batchInput.ts';
import { hashFile } from '../../workers/hashFile.ts';
import type { BatchPlan } from './batchPlan.ts';
import { type FoundScene, matches } from './findScenes.ts';
import { allNames, outputName, refuseDoubles } from './outputNames.ts';
import { asBatchScene, type BatchScene, type SceneRecord } from './sceneRecord.ts';

/** What a listing of the folder means for the queue. */
export type Listing = {
  /** Have to be checked before they can wait. */
  readonly unchecked: readonly FoundScene[];
  /** Done before, and still whole. */
  readonly finished: number;
};

/**
 * Holds what was found against what the queue knows. A scene that is done is left where it did not change and its outputs are
 * as they were; what failed is tried again; what waits keeps its check.
 */
export async function compareWithQueue(
  found: readonly FoundScene[],
  queue: BatchQueue,
  plan: BatchPlan,
  signal: AbortSignal,
): Promise<Listing> {
  const unchecked: FoundScene[] = [];
  const again: QueuedScene[] = [];
  let finished = 0;
  for (const one of found) {
    signal.throwIfAborted();
    const row = queue.find(one.scene);
    const known = row === undefined ? undefined : asBatchScene(row);
    if (known === undefined || known.record.stamp !== one.stamp) unchecked.push(one);
    else if (known.state === 'done') {
      if (await isWhole(known, plan.out, signal)) finished += 1;
      else again.push(queued(known, plan));
    } else if (known.record.check?.problem !== undefined) unchecked.push(one);
    else if (known.state === 'failed' || known.priority !== priorityOf(known.scene, plan))
      again.push(queued(known, plan));
  }
  queue.put(again);
  return { unchecked, finished };
}

/** Place of the first pattern of `--first` that a scene matches. */
function priorityOf(scene: string, { input: { first } }: BatchPlan): number {
  const place = first.findIndex((glob) => matches(scene, glob));
  return place < 0 ? first.length : place;
}

function queued({ scene, record }: BatchScene, plan: BatchPlan): QueuedScene {
  const { mapped: _, error: __, ...rest } = record;
  const priority = priorityOf(scene, plan);
  return { scene, state: 'queued', priority, attempts: 0, record: rest };
}

/** Whether all that a scene gave is there as it was: size and time tell, else the bytes. */
async function isWhole({ record }: BatchScene, out: string, signal: AbortSignal): Promise<boolean> {
  for (const { path, bytes, modified, sha256 } of record.mapped?.files ?? []) {
    const full = join(out, path);
    const found = await stat(full).catch(() => undefined);
    if (found?.size !== bytes) return false;
    if (found.mtimeMs !== modified && (await hashFile(full, { size: bytes, signal })) !== sha256)
      return false;
  }
  return record.mapped !== undefined;
}

/** A checked scene as it goes into the queue: it waits, or has failed already. */
export function checkedScene(found: FoundScene, check: BatchCheck, plan: BatchPlan): QueuedScene {
  const { scene, path, stamp } = found;
  const named = { scene, date: check.date, model: plan.model.name };
  const outputs = Object.fromEntries(
    Object.entries(
      plan.recipe.outputs as Readonly<Record<keyof OutputTemplates, string | undefined>>,
    )
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .map(([kind, template]) => [kind, outputName(template, named)]),
  ) as OutputPaths;
  const { problem } = check;
  const record: SceneRecord = {
    ...{ path, stamp, check, outputs },
    ...(problem === undefined ? {} : { error: { code: problem.code, message: problem.message } }),
  };
  return {
    scene,
    state: problem === undefined ? 'queued' : 'failed',
    priority: priorityOf(scene, plan),
    attempts: 0,
    record,
  };
}

/** @throws AppError `usage` where two scenes would write one file */
export function refuseDoubleOutputs(queue: BatchQueue): void {
  refuseDoubles(
    (function* () {
      for (const row of queue.rows()) {
        const { scene, record } = asBatchScene(row);
        if (record.check?.problem === undefined)
          yield { scene, names: allNames(record.outputs ?? {}) };
      }
    })(),
  );
}

/** Forgets scenes that are no longer there or wanted and have given nothing. */
export function dropVanished(queue: BatchQueue, found: readonly FoundScene[]): void {
  const names = new Set(found.map(({ scene }) => scene));
  const vanished: string[] = [];
  for (const { scene, state } of queue.rows())
    if (state !== 'done' && !names.has(scene)) vanished.push(scene);
  queue.remove(vanished);
}
