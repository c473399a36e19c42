import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { AppError } from '../../../../app/error.ts';
import type { BatchMapped } from '../../../workers/batchMap.ts';
import type { BatchPlan } from '../batchPlan.ts';
import { workTogether } from '../crew.ts';
import { type Mappers, sceneToMap } from '../mappers.ts';
import { sceneKey } from '../mapScene.ts';
import type { BatchScene } from '../sceneRecord.ts';
import { Board } from './board.ts';
import { type Asked, HandOut } from './handOut.ts';
import { type JobMessage, mostParts } from './messages.ts';
import { forgetWork, publish, removeWork, takenFolder, workFolder } from './publish.ts';
import { redisAddress } from './redisAddress.ts';
import { type SharedPlan, sharePlan } from './sharedPlan.ts';

/** Scenes that are handed out at a time: workers go on with them where the batch is killed. */
const mostHandedOut = 500;
/** Answers are looked for so often, and the state of the queue at every fourth look. */
const [lookMs, looksOfState] = [250, 4];
/** Redis has to be short of jobs at so many looks before they are handed out again: a look may come between. */
const shortLooks = 3;
/** A Redis that is away must not keep a batch from ending. */
const goodbyeMs = 3000;

type Say = (message: string) => void;

/**
 * Workers that a queue on Redis reaches. This program stays the one that knows what is done: it hands scenes out, puts the results
 * of workers under their names, and forgets the jobs. Redis keeps what is on its way, and by its locks takes one answer a job.
 * @throws AppError `usage`, `network`, `in-use`, `conflict`
 */
export async function workerMappers(
  plan: BatchPlan,
  queue: string,
  fresh: boolean,
  say: Say,
): Promise<Mappers> {
  const board = await Board.open(redisAddress(queue), say);
  try {
    const shared = await sharePlan(plan, fresh);
    const leader = randomUUID();
    await board.claim(shared.id, plan.out, leader);
    return new WorkerMappers({ board, shared, leader, plan, say });
  } catch (error) {
    board.close();
    throw error;
  }
}

type Led = {
  readonly board: Board;
  readonly shared: SharedPlan;
  readonly leader: string;
  readonly plan: BatchPlan;
  readonly say: Say;
};

class WorkerMappers implements Mappers {
  readonly #led: Led;
  readonly #handOut: HandOut;
  readonly #lanes = Array.from({ length: mostHandedOut }, (_, lane) => lane);

  constructor(led: Led) {
    this.#led = led;
    this.#handOut = new HandOut(led.board, led.shared);
  }

  readonly work: Mappers['work'] = async (next, settle, signal) => {
    const ended = new AbortController();
    const failed = new AbortController();
    const watching = watch(this.#led, this.#handOut, ended.signal).catch((error: unknown) =>
      failed.abort(error),
    );
    try {
      await workTogether(
        this.#lanes,
        next,
        async (scene, _, stop) => {
          const job = jobOf(scene, this.#led.shared);
          await settle(scene, (one, given) => this.#map(job, one, given), stop);
          for (const one of [job, ...this.#partsOf(scene, job)]) {
            await withinReason(this.#handOut.forget(one), stop);
            await forgetWork(this.#led.plan.out, one);
          }
        },
        AbortSignal.any([signal, failed.signal]),
      );
    } catch (error) {
      throw failed.signal.aborted ? failed.signal.reason : error;
    } finally {
      ended.abort();
      await withinReason(watching, ended.signal);
    }
  };

  readonly close = async (): Promise<void> => {
    const { board, shared, plan } = this.#led;
    await withinReason(board.withdraw(shared.id), AbortSignal.abort());
    board.close();
    await removeWork(workFolder(plan.out));
  };

  readonly #map = async (job: string, scene: BatchScene, watched: Asked): Promise<BatchMapped> => {
    const { plan, shared } = this.#led;
    const message = { batch: shared.id, job, ...sceneToMap(scene) };
    const names = this.#partsOf(scene, job);
    const parts = names.length === 0 ? undefined : await this.#askParts(message, names, watched);
    const { mapped, taken } = await this.#handOut.ask({ ...message, parts }, watched);
    if (mapped === undefined) throw new AppError('internal', `${scene.scene} has no result.`);
    await publish(mapped, message.outputs.map, takenFolder(plan.out, job, taken), plan.out);
    return mapped;
  };

  /** Jobs of the parts of a scene that several workers share. */
  #partsOf({ record }: BatchScene, job: string): string[] {
    const { input, divisible } = this.#led.plan;
    const pixels = record.check?.pixels ?? 0;
    const parts = divisible ? Math.ceil(pixels / (input.split * 1e6)) : 1;
    if (parts < 2) return [];
    return Array.from({ length: Math.min(parts, mostParts) }, (_, i) => `${job}-p${i}`);
  }

  async #askParts(
    message: JobMessage,
    names: readonly string[],
    { signal, tell }: Asked,
  ): Promise<{ job: string; taken: string }[]> {
    const failed = new AbortController();
    const of = names.length;
    const done = names.map(() => 0);
    const ask = async (job: string, index: number): Promise<{ job: string; taken: string }> => {
      const watched: Asked = {
        signal: AbortSignal.any([signal, failed.signal]),
        // a part tells the share of the whole scene, as if the others were done
        tell: (share) => {
          done[index] = Math.max(0, 1 - (1 - share) * of);
          tell(done.reduce((sum, one) => sum + one, 0) / of);
        },
      };
      const part = { index, of };
      const { taken } = await this.#handOut.ask({ ...message, job, part }, watched);
      return { job, taken };
    };
    try {
      return await Promise.all(names.map(ask));
    } catch (error) {
      failed.abort();
      throw error;
    }
  }
}

/** Waits for Redis, which may be away, for as long as nobody wants to stop; then no longer than is polite. */
async function withinReason(asked: Promise<unknown>, stop: AbortSignal): Promise<void> {
  const wanted = new AbortController();
  const impatience = async (): Promise<void> => {
    if (!stop.aborted) await once(stop, 'abort', { signal: wanted.signal });
    await pause(goodbyeMs, undefined, { signal: wanted.signal });
  };
  const late = impatience().catch(() => undefined);
  await Promise.race([asked.catch(() => undefined), late]);
  wanted.abort();
}

/** Names a try of a state of a scene: another start that asks the same waits for the same. */
const jobOf = ({ scene, attempts, record }: BatchScene, { id }: SharedPlan): string =>
  `${id.slice(0, 8)}-${sceneKey(scene, record.stamp)}-${attempts}`;

/** Looks for answers and at the queue until the batch ends. @throws AppError `cancelled`, `conflict` */
async function watch(led: Led, handOut: HandOut, ended: AbortSignal): Promise<void> {
  const state = stateOf(led, handOut);
  for (let look = 0; !ended.aborted; look++) {
    try {
      await handOut.collect();
      if (look % looksOfState === 0) {
        await state();
        await handOut.follow();
      }
    } catch (error) {
      if (error instanceof AppError) throw error;
      // Redis itself refuses, as while it is loading what it had written
      if (look % looksOfState === 0) led.say(`The queue answers: ${(error as Error).message}`);
    }
    await pause(lookMs, undefined, { signal: ended }).catch(() => undefined);
  }
}

function stateOf({ board, shared, leader, plan, say }: Led, handOut: HandOut): () => Promise<void> {
  let short = 0;
  let told = '';
  const tell = (message: string): void => {
    if (message !== told && message !== '') say(message);
    told = message;
  };
  return async () => {
    const became = await board.renew(shared.id, leader);
    if (became === 'withdrawn')
      throw new AppError('cancelled', 'The batch was taken out of the queue.');
    if (became === 'taken')
      throw new AppError(
        'conflict',
        `The queue ${board.address.shown} was taken over by another batch. Start this one again with another queue.`,
      );
    if (became === 'forgotten') await board.claim(shared.id, plan.out, leader);
    short = (await handOut.isShort()) ? short + 1 : 0;
    if (became === 'forgotten' || short >= shortLooks) await handOut.repeat();
    const [workers, paused] = await Promise.all([
      board.queue.getWorkersCount(),
      board.queue.isPaused(),
    ]);
    if (paused)
      tell(`The queue is paused. Go on with "prismap queue ${board.address.shown} --resume".`);
    else if (workers === 0)
      tell(`No worker is there. Start some with "prismap worker --queue ${board.address.shown}".`);
    else tell('');
  };
}
