import { cpSync, existsSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Worker as BullWorker } from 'bullmq';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Output } from '../../../../app/contract/api.ts';
import { createRandom } from '../../../../app/random.ts';
import { childOf, runInChild } from '../../../workers/host.ts';
import { createServices } from '../../createServices.ts';
import { Board, prefix, queueName } from './board.ts';
import { redisAddress } from './redisAddress.ts';
import { type Program, QueueWorld } from './testing/queueWorld.ts';
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
    const workers = [world.worker(at), world.worker(at)];
    for (const worker of workers) await worker.says(/Waiting for scenes/);
    expect(await world.batch('shared', at).result<Batch>()).toMatchObject({
      ...{ done: scenes, failed: [], waiting: 0 },
    });
    for (const worker of workers) worker.kill('SIGINT');
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

  test('a worker that is stopped loses its scene to another, and its late answer does not count', async () => {
    const at = queue();
    const stopped = world.worker(at, '--lease', '1');
    await stopped.says(/Waiting for scenes/);
    const batch = world.batch('stopped', at);
    const work = world.path('stopped/.batch/work');
    // as soon as it has begun a scene
    await until(() => existsSync(work));
    stopped.kill('SIGSTOP');
    const other = world.worker(at, '--lease', '1');
    expect(await batch.result<Batch>()).toMatchObject({ done: scenes, failed: [] });
    stopped.kill('SIGCONT');
    // it learns that its lease is gone
    await pause(3000);
    for (const worker of [stopped, other]) worker.kill('SIGINT');
    const [late, rest] = [await stopped.result<Worker>(), await other.result<Worker>()];
    expect(late.late).toBe(1);
    expect(late.done + rest.done).toBe(scenes);
    expect(world.hashes('stopped')).toEqual(whole);
    expect(existsSync(work) ? readdirSync(work) : []).toEqual([]);
  });

  test('a compute process that hears nothing for longer than the lease keeps its scene', async () => {
    cpSync(world.path('scenes/s0.tif'), world.path('deaf/deaf.tif'), { recursive: true });
    const at = queue();
    const entry = fileURLToPath(new URL('./testing/busyCompute.ts', import.meta.url));
    const busy = createServices({ runTask: runInChild, startProcess: childOf(entry) });
    const words = { queue: at, lease: 1, idle: 15 };
    const both = [busy.call('worker', words), busy.call('worker', words)];
    const { folder, recipe } = { folder: world.path('deaf'), recipe: world.recipe };
    const input = { folder, recipe, out: world.path('deaf-maps'), queue: at };
    expect(await world.services.call('batch', input)).toMatchObject({ done: 1, failed: [] });
    const counts = await Promise.all(both);
    expect(counts.map(({ done, late }) => [done, late]).toSorted()).toEqual([
      [0, 0],
      [1, 0],
    ]);
  });

  test('kills of workers, of the batch and of Redis: nothing lost, nothing counted twice', async () => {
    const at = queue();
    const seed = 5;
    const random = createRandom(seed, 'queue-kills');
    const kills = Number(process.env['PRISMAP_KILLS'] ?? 4);
    const words = ['--lease', '1'];
    const workers = [world.worker(at, ...words), world.worker(at, ...words)];
    let batch = world.batch('killed', at, '--pattern', '*');
    batch.kill('SIGKILL'); // before it said a word
    batch = world.batch('killed', at);
    let amid = 0;
    for (let kill = 0; kill < kills; kill++) {
      const victim = workers.shift()!;
      await victim.says(/Waiting for scenes/);
      await until(async () => (await state(at)).running > 0 || batch.child.exitCode !== null);
      await pause(random.uniform() * 300);
      amid += batch.child.exitCode === null ? 1 : 0;
      victim.kill('SIGKILL');
      workers.push(world.worker(at, ...words));
      if (kill === 1) {
        batch.kill('SIGKILL');
        await batch.ended;
        batch = world.batch('killed', at);
      }
      if (kill === 2) {
        // who has not reached the queue yet would rightly give up
        for (const worker of workers) await worker.says(/Waiting for scenes/);
        await batch.says(/./);
        await redis.kill();
        await pause(random.uniform() * 500);
        await redis.again();
      }
    }
    expect(amid).toBeGreaterThan(1);
    const result = await batch.result<Batch>();
    for (const worker of workers) worker.kill('SIGTERM');
    expect(result).toMatchObject({ failed: [], waiting: 0 });
    expect(result.done + result.skipped).toBe(scenes);
    expect(world.hashes('killed')).toEqual(whole);
    await Promise.all(workers.map(({ ended }) => ended));
  });

  test('paused, resumed and cancelled from another terminal; started again it goes on', async () => {
    const at = queue();
    const batch = world.batch('paused', at);
    await batch.says(/No worker is there/);
    expect(await world.program('queue', at, '--pause', '--json').result()).toMatchObject({
      ...{ paused: true, batch: { out: world.path('paused') } },
    });
    const worker = world.worker(at);
    await batch.says(/The queue is paused/);
    await pause(1500);
    expect(await state(at)).toMatchObject({ paused: true, waiting: scenes, answered: 0 });
    expect(Object.keys(world.hashes('paused'))).toEqual([]);
    await world.program('queue', at, '--resume').ended;
    await until(() => Object.keys(world.hashes('paused')).length > 0);
    const { out } = await cancelled(at);
    expect(out).toContain('holds no batch any more');
    expect(await batch.ended).toBe(130);
    expect((JSON.parse(batch.out) as { error: { message: string } }).error.message).toMatch(
      /The batch was stopped|taken out of the queue/,
    );
    const rest = await world.batch('paused', at).result<Batch>();
    expect(rest.skipped).toBeGreaterThan(0);
    expect(rest.done + rest.skipped).toBe(scenes);
    expect(world.hashes('paused')).toEqual(whole);
    worker.kill('SIGINT');
    expect((await worker.result<Worker>()).failed).toBe(0);
  });

  test('a Redis that forgot everything is told again', async () => {
    const forgetful = await RedisServer.start('--appendonly', 'no');
    const batch = world.batch('forgotten', forgetful.address());
    await batch.says(/No worker is there/);
    await until(async () => (await state(forgetful.address())).waiting === scenes);
    await forgetful.kill();
    await batch.says(/was lost; waiting for it/);
    await forgetful.again();
    await batch.says(/is back/);
    const worker = world.worker(forgetful.address());
    expect(await batch.result<Batch>()).toMatchObject({ done: scenes, failed: [] });
    worker.kill('SIGINT');
    expect(await worker.result<Worker>()).toMatchObject({ done: scenes });
    expect(world.hashes('forgotten')).toEqual(whole);
    await forgetful.stop();
  });

  test('a scene whose workers are lost again and again is given up with its reason', async () => {
    const at = queue();
    const batch = world.batch('lost', at, '--retries', '0', '--pattern', 's0.tif');
    await batch.says(/No worker is there/);
    const board = await Board.open(redisAddress(at));
    // takes jobs and is never heard of again, as one whose machine was switched off
    const gone = new BullWorker(queueName, () => new Promise(() => undefined), {
      ...{ connection: board.redis, prefix, concurrency: 9, skipLockRenewal: true },
      ...{ lockDuration: 300, stalledInterval: 200, maxStalledCount: 3, drainDelay: 1 },
    });
    gone.on('error', () => undefined);
    const { done, failed } = await batch.result<Batch>();
    expect(done).toBe(0);
    expect(failed).toMatchObject([{ scene: 's0.tif', code: 'worker-died' }]);
    expect(failed[0]!.message).toContain('lost one after the other');
    await gone.close(true);
    board.close();
  });

  async function cancelled(at: string): Promise<Program> {
    const program = world.program('queue', at, '--cancel');
    await program.ended;
    return program;
  }

  const state = (address: string): Promise<Output<'queue'>> =>
    world.services.call('queue', { address });

  async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await holds())) await pause(10);
  }
});
