import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Output } from '../../../../app/contract/api.ts';
import { QueueWorld } from './testing/queueWorld.ts';
import { noRedis, RedisServer } from './testing/redisServer.ts';

type Batch = Output<'batch'>;
type Worker = Output<'worker'>;

const scenes = 6;

describe.skipIf(noRedis !== undefined)(`several machines ${noRedis ?? ''}`, () => {
  const world = new QueueWorld();
  let redis: RedisServer;
  let whole: Record<string, string>;
  let database = 0;
  /** A queue that no test before has used. */
  const queue = (): string => redis.address(database++);

  beforeAll(async () => {
    redis = await RedisServer.start();
    await world.make(scenes);
    await world.batch('whole', undefined).result<Batch>();
    whole = world.hashes('whole');
  });
  afterAll(async () => {
    world.end();
    await redis.stop();
  });

  test('two workers share a folder of scenes: the bytes of one process, each scene once', async () => {
    const at = queue();
    const workers = [world.worker(at, '--idle', '5'), world.worker(at, '--idle', '5')];
    for (const worker of workers) await worker.says(/Waiting for scenes/);
    expect(await world.batch('shared', at).result<Batch>()).toMatchObject({
      ...{ done: scenes, failed: [], waiting: 0 },
    });
    const counts = await Promise.all(workers.map((worker) => worker.result<Worker>()));
    expect(counts.reduce((sum, { done }) => sum + done, 0)).toBe(scenes);
    expect(counts.every(({ failed, late }) => failed + late === 0)).toBe(true);
    expect(world.hashes('shared')).toEqual(whole);
    // nothing stays behind
    expect(await world.program('queue', at, '--json').result()).toMatchObject({
      ...{ waiting: 0, running: 0, answered: 0, workers: 0 },
    });
    expect(await world.batch('shared', at).result<Batch>()).toMatchObject({
      ...{ done: 0, skipped: scenes },
    });
  });
});
