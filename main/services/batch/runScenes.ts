import { AppError, errorRecord } from '../../../app/error.ts';
import type { BatchQueue } from '../../store/batchQueue.ts';
import type { CallContext } from '../callContext.ts';
import type { BatchPlan } from './batchPlan.ts';
import type { Mappers } from './mappers.ts';
import { asBatchScene, type BatchScene } from './sceneRecord.ts';
import { tellScene } from './tellScene.ts';

/** What may pass by itself: the next try can end otherwise. */
const passing = new Set(['worker-died', 'network', 'engine', 'internal']);
/** What would meet every other scene too. */
const general = new Set(['disk-full']);

/** Scenes mapped by this start. */
export type Tally = { done: number };

/**
 * Maps what waits in the queue, by priority, until nothing waits.
 * @throws AppError `cancelled`; of the disk; of the first scene that fails where the batch is to stop then
 */
export async function runScenes(
  plan: BatchPlan,
  {
    queue,
    mappers,
    tally,
  }: { readonly queue: BatchQueue; readonly mappers: Mappers; readonly tally: Tally },
  context: Pick<CallContext, 'onEvent'> & { readonly signal: AbortSignal },
): Promise<void> {
  const progress = progressOf(queue, context);
  const take = (): BatchScene | undefined => {
    const next = queue.take();
    if (next === undefined) return undefined;
    tellScene(next, context);
    return asBatchScene(next);
  };
  await mappers.work(
    take,
    async (scene, map, signal) => {
      const tell = (share: number): void => progress.within(scene.scene, share);
      try {
        const mapped = await map(scene, { signal, tell });
        const { error: _, ...record } = scene.record;
        queue.settle(scene.scene, 'done', { ...record, mapped });
        tally.done += 1;
      } catch (error) {
        settleFailure(plan, { queue, scene, error, signal }, context);
      }
      const settled = queue.find(scene.scene);
      if (settled !== undefined) tellScene(settled, context);
      progress.ended(scene.scene);
    },
    context.signal,
  );
}

type Failure = {
  readonly queue: BatchQueue;
  readonly scene: BatchScene;
  readonly error: unknown;
  readonly signal: AbortSignal;
};

/** A scene that failed: once more, given up, or the end of the batch. @throws what ends it */
function settleFailure(
  { input }: BatchPlan,
  { queue, scene, error, signal }: Failure,
  { onEvent }: Pick<CallContext, 'onEvent'>,
): void {
  const { code, message } = inBatch(errorRecord(error));
  if (signal.aborted || code === 'cancelled') {
    queue.giveBack(scene.scene, false);
    throw error;
  }
  if (general.has(code)) {
    queue.giveBack(scene.scene, false);
    throw new AppError(code, `${scene.scene}: ${message}`, { scene: scene.scene });
  }
  if (passing.has(code) && scene.attempts < input.retries) {
    onEvent?.({ kind: 'note', message: `${scene.scene} is tried again: ${message}` });
    return queue.giveBack(scene.scene, true);
  }
  queue.settle(scene.scene, 'failed', { ...scene.record, error: { code, message } });
  onEvent?.({ kind: 'warning', message: `${scene.scene} failed (${code}): ${message}` });
  if (input.onError === 'stop')
    throw new AppError(code, `${scene.scene}: ${message} The batch was stopped there.`, {
      scene: scene.scene,
    });
}

/** A batch goes on by itself when it is started again: it has no --resume. */
function inBatch({ code, message }: ReturnType<typeof errorRecord>): {
  readonly code: AppError['code'];
  readonly message: string;
} {
  return {
    code,
    message: message
      .replace(/ What was finished is kept: resume it to go on \(.*?\)\./, '')
      .replace(/ again with --resume/, ' again')
      .replace(/ or use a smaller batch/, ' or map fewer scenes at a time'),
  };
}

/** Tells how far the batch is, scene by scene and within the one that is being mapped. */
function progressOf(
  queue: BatchQueue,
  { onEvent }: Pick<CallContext, 'onEvent'>,
): {
  readonly within: (scene: string, share: number) => void;
  readonly ended: (scene: string) => void;
} {
  const begun = performance.now();
  const { queued, done: before, failed } = queue.counts();
  const total = queued + before + failed;
  let [done, ended] = [before + failed, 0];
  const tell = (detail: string): void => {
    const left = total - done;
    const each = (performance.now() - begun) / 1000 / Math.max(1, ended);
    onEvent?.({
      ...{ kind: 'progress', stage: 'mapping scenes', done, total, detail },
      ...(ended === 0 || left === 0 ? {} : { etaSeconds: each * left }),
    });
  };
  return {
    within: (scene, share) => tell(`${scene} ${Math.round(100 * share)} %`),
    ended: (scene) => {
      const counts = queue.counts();
      const now = counts.done + counts.failed;
      ended += now - done;
      done = now;
      tell(scene);
    },
  };
}
