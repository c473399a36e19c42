import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Worker as BullWorker, type Job } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Input, Output } from '../../../../app/contract/api.ts';
import type { ProgressEvent } from '../../../../app/contract/events.ts';
import { writeScene } from '../testing/batchScenes.ts';
import { Board, prefix, queueName } from './board.ts';
import { redisAddress } from './redisAddress.ts';
import { type SealedMessage, sealed } from './sealed.ts';
import { readSharedPlan } from './sharedPlan.ts';
import { QueueWorld } from './testing/queueWorld.ts';
import { noRedis, RedisServer } from './testing/redisServer.ts';

type Batch = Output<'batch'>;

/** A batch within this process: what it says, and how it ends. */
type Led = {
  readonly ended: Promise<Batch>;
  readonly stop: AbortController;
  readonly notes: string[];
  readonly events: ProgressEvent[];
  says(pattern: RegExp): Promise<void>;
};

describe.skipIf(noRedis !== undefined)(`a batch that hands scenes out ${noRedis ?? ''}`, () => {
  const world = new QueueWorld();
  let redis: RedisServer;
  let database = 0;
  const queue = (): string => redis.address(database++);
  beforeAll(async () => {
    redis = await RedisServer.start('--databases', '64');
    await world.make(2);
  });
  afterAll(async () => {
    world.end();
    await redis.stop();
  });

  function lead(out: string, at: string, more: Partial<Input<'batch'>> = {}): Led {
    const stop = new AbortController();
    const notes: string[] = [];
    const events: ProgressEvent[] = [];
    const ended = world.services.call(
      'batch',
      {
        folder: world.path('scenes'),
        recipe: world.recipe,
        out: world.path(out),
        queue: at,
        retries: 0,
        ...more,
      },
      {
        signal: stop.signal,
        onEvent: (event) => {
          events.push(event);
          if (event.kind === 'note') notes.push(event.message);
        },
      },
    );
    const over: string[] = [];
    ended.then(
      () => over.push('it is done'),
      (error: Error) => over.push(error.message),
    );
    const says = async (pattern: RegExp): Promise<void> => {
      while (!notes.some((note) => pattern.test(note))) {
        if (over[0] !== undefined) throw new Error(`never said ${pattern.source}: ${over[0]}`);
        await pause(10);
      }
    };
    return { ended, stop, notes, events, says };
  }

  /** Who takes jobs and answers by `answer`, as whoever can write into Redis may. */
  async function withAnswers<Result>(
    at: string,
    answer: (job: Job<SealedMessage>) => unknown,
    work: () => Promise<Result>,
  ): Promise<Result> {
    const board = await Board.open(redisAddress(at));
    const worker = new BullWorker(queueName, async (job) => answer(job as Job<SealedMessage>), {
      ...{ connection: board.redis, prefix, drainDelay: 1 },
    });
    worker.on('error', () => undefined);
    try {
      return await work();
    } finally {
      await worker.close(true);
      board.close();
    }
  }

  test('is paused and resumed; shared parts give the bytes of the whole', async () => {
    await writeScene(world.path('large/scene.tif'), { seed: 9, width: 300, height: 280 });
    const folder = world.path('large');
    await world.services.call('batch', { folder, recipe: world.recipe, out: world.path('whole') });
    const at = queue();
    const led = lead('shared', at, { folder, split: 0.03 });
    await led.says(/No worker is there/);
    await world.services.call('queue', { address: at, pause: true });
    await led.says(/The queue is paused/);
    await world.services.call('queue', { address: at, resume: true });
    const stop = new AbortController();
    const worker = world.services.call(
      'worker',
      { queue: at, threads: 1 },
      { signal: stop.signal },
    );
    expect(await led.ended).toMatchObject({ done: 1, failed: [], waiting: 0 });
    stop.abort();
    // three parts, and what puts them together
    expect((await worker).done).toBe(4);
    expect(world.hashes('shared')).toEqual(world.hashes('whole'));
  });

  test('ends where it is taken out of the queue', async () => {
    const at = queue();
    const led = lead('cancelled', at);
    await led.says(/No worker is there/);
    expect(await world.services.call('queue', { address: at, cancel: true })).toMatchObject({
      cancelled: true,
    });
    await expect(led.ended).rejects.toMatchObject({ code: 'cancelled' });
  });

  test.each([
    ['leads its queue', { leader: 'somebody else' }],
    [
      'made it its own',
      {
        batch: JSON.stringify({ id: '8a2f7c1e-7f83-4b1a-9d7e-0d8a4f1b2c3d', out: '/x', host: 'h' }),
      },
    ],
  ])('ends where another %s', async (_, taken) => {
    const at = queue();
    const led = lead(`taken${database}`, at);
    await led.says(/No worker is there/);
    const board = await Board.open(redisAddress(at));
    for (const [key, value] of Object.entries(taken))
      await board.redis.set(`${prefix}:${key}`, value);
    await expect(led.ended).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('was taken over by another batch') as unknown,
    });
    board.close();
  });

  test('hands out again what was forgotten, and may be stopped', async () => {
    const at = queue();
    const led = lead('forgotten', at);
    await led.says(/No worker is there/);
    const board = await Board.open(redisAddress(at));
    while ((await board.queue.getWaitingCount()) < 2) await pause(10);
    await board.redis.flushdb();
    while ((await board.queue.getWaitingCount()) < 2) await pause(10);
    expect(await board.announced()).toMatchObject({ out: world.path('forgotten') });
    led.stop.abort();
    await expect(led.ended).rejects.toMatchObject({ code: 'cancelled' });
    expect(await board.announced()).toBeUndefined();
    board.close();
  });

  const body = (job: Job<SealedMessage>): Record<string, unknown> =>
    JSON.parse(job.data.body) as Record<string, unknown>;
  const one = { pattern: ['s0.tif'] };

  test.each([
    [
      'without the seal of the batch',
      () => ({ body: '{}', seal: '0'.repeat(64) }),
      'internal',
      /none of a worker of this batch/,
    ],
    ['with nothing', () => undefined, 'internal', /none of a worker of this batch/],
    [
      'with an error of its own',
      () => {
        throw new Error('the disk broke');
      },
      'internal',
      /The queue says of s0\.tif: the disk broke/,
    ],
  ])('believes no answer %s', async (_, answer, code, words) => {
    const at = queue();
    const { failed } = await withAnswers(at, answer, () => lead(`odd${database}`, at, one).ended);
    expect(failed).toMatchObject([
      { scene: 's0.tif', code, message: expect.stringMatching(words) as unknown },
    ]);
  });

  const mapped = (files: readonly object[]): object => ({
    ...{ files, areas: [], nodataPixels: 0, seconds: 1, engine: 'x', warnings: [] },
    raster: {
      grid: { width: 1, height: 1 },
      bands: 1,
      type: 'uint8',
      block: { width: 1, height: 1 },
    },
  });
  const missing = [{ path: 's0.tif', bytes: 5, modified: 0, sha256: '0'.repeat(64) }];

  test.each([
    [
      'that failed',
      { failed: { code: 'bad-weights', message: 'other weights' } },
      'bad-weights',
      /other weights/,
    ],
    [
      'whose files are not there',
      { mapped: mapped(missing) },
      'internal',
      /its result s0\.tif is not in the folder/,
    ],
    [
      'of a part where the whole was asked for',
      { part: true },
      'internal',
      /s0\.tif has no result/,
    ],
  ])('says of a worker %s what came of it', async (_, result, code, words) => {
    const at = queue();
    const out = `told${database}`;
    const answer = async (job: Job<SealedMessage>): Promise<SealedMessage> => {
      const { key } = await readSharedPlan(world.path(out));
      const { batch, job: name } = body(job);
      await job.updateProgress(0.5);
      await pause(1200);
      return sealed(
        { batch, job: name, taken: '8a2f7c1e-7f83-4b1a-9d7e-0d8a4f1b2c3d', result },
        key,
      );
    };
    const led = lead(out, at, one);
    const { failed } = await withAnswers(at, answer, () => led.ended);
    expect(failed).toMatchObject([
      { scene: 's0.tif', code, message: expect.stringMatching(words) as unknown },
    ]);
  });

  test('fails with a part of it that fails', async () => {
    const at = queue();
    const answer = (): never => {
      throw new Error('no part');
    };
    const led = lead('parts', at, { ...one, split: 0.003 });
    const { failed } = await withAnswers(at, answer, () => led.ended);
    expect(failed).toMatchObject([
      { code: 'internal', message: expect.stringContaining('no part') as unknown },
    ]);
  });

  test('gives up a scene whose workers are lost again and again', async () => {
    const at = queue();
    const led = lead('lost', at, one);
    await led.says(/No worker is there/);
    const board = await Board.open(redisAddress(at));
    // takes jobs and is never heard of again, as one whose machine was switched off
    const gone = new BullWorker(queueName, () => new Promise(() => undefined), {
      ...{ connection: board.redis, prefix, concurrency: 9, skipLockRenewal: true },
      ...{ lockDuration: 300, stalledInterval: 200, maxStalledCount: 6, drainDelay: 1 },
    });
    gone.on('error', () => undefined);
    expect((await led.ended).failed).toMatchObject([{ scene: 's0.tif', code: 'worker-died' }]);
    await gone.close(true);
    board.close();
  });

  test('says what Redis refuses, and goes on when it does no more', async () => {
    const at = queue();
    const led = lead('refused', at);
    await led.says(/No worker is there/);
    const board = await Board.open(redisAddress(at));
    const key = `${prefix}:${queueName}:completed`;
    await board.redis.set(key, 'no sorted set');
    await led.says(/The queue answers: .*WRONGTYPE/);
    await board.redis.del(key);
    led.stop.abort();
    await expect(led.ended).rejects.toMatchObject({ code: 'cancelled' });
    board.close();
  });

  test('goes on where Redis comes back', async () => {
    const own = await RedisServer.start();
    const led = lead('back', own.address());
    await led.says(/No worker is there/);
    await own.kill();
    await led.says(/was lost; waiting for it/);
    await own.again();
    await led.says(/is back/);
    led.stop.abort();
    await expect(led.ended).rejects.toMatchObject({ code: 'cancelled' });
    await own.stop();
  });

  test('a name that no worker can be given is said before', async () => {
    await writeScene(world.path('odd names/a:b.tif'), { seed: 1, width: 60, height: 60 });
    const { failed } = await lead('named', queue(), { folder: world.path('odd names') }).ended;
    expect(failed).toMatchObject([{ scene: 'a:b.tif', code: 'unsupported' }]);
  });

  test('keeps its name and key when it goes on, and gets others when it begins anew', async () => {
    const told = (): Record<string, unknown> =>
      JSON.parse(readFileSync(world.path('keyed/.batch/shared.json'), 'utf8')) as Record<
        string,
        unknown
      >;
    const once = async (more: Partial<Input<'batch'>>): Promise<Record<string, unknown>> => {
      const led = lead('keyed', queue(), more);
      await led.says(/No worker is there/);
      led.stop.abort();
      await led.ended.catch(() => undefined);
      return told();
    };
    const first = await once({});
    expect(await once({})).toEqual(first);
    const fresh = await once({ fresh: true });
    expect(fresh['id']).not.toBe(first['id']);
    expect(fresh['key']).not.toBe(first['key']);
  });
});
