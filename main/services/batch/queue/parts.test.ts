import { cpSync, writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Output } from '../../../../app/contract/api.ts';
import { writeScene } from '../testing/batchScenes.ts';
import { Board } from './board.ts';
import { redisAddress } from './redisAddress.ts';
import { type Program, QueueWorld } from './testing/queueWorld.ts';
import { noRedis, RedisServer } from './testing/redisServer.ts';

type Batch = Output<'batch'>;

describe.skipIf(noRedis !== undefined)(`scenes that workers share ${noRedis ?? ''}`, () => {
  const world = new QueueWorld();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
    await world.make(1);
  });
  afterAll(async () => {
    world.end();
    await redis.stop();
  });
  const batch = (folder: string, recipe: string, out: string, ...more: string[]): Program =>
    world.program(
      ...['batch', world.path(folder), '--recipe', world.path(recipe), '--json'],
      ...['--out', world.path(out), ...more],
    );

  test('a model of pixels: the parts give the bytes of the whole, though a worker is lost on the way', async () => {
    await writeScene(world.path('large/scene.tif'), { seed: 9, width: 600, height: 560 });
    writeFileSync(
      world.path('all.yaml'),
      'model: model\npostprocess: { majority: 3, sieve: 4 }\noutputs:\n  score: "{name}-score.tif"\n  probabilities: "{name}-all.tif"\n  vector: "{name}.gpkg"\n  preview: "{name}.png"\n',
    );
    expect(await batch('large', 'all.yaml', 'whole').result<Batch>()).toMatchObject({ done: 1 });
    const at = redis.address(1);
    const workers = [world.worker(at, '--lease', '1'), world.worker(at, '--lease', '1')];
    const shared = batch('large', 'all.yaml', 'shared', '--queue', at, '--split', '0.06');
    const board = await Board.open(redisAddress(at));
    // six parts, of which some are done
    while ((await board.queue.getCompletedCount()) < 2) await pause(20);
    workers[0]!.kill('SIGKILL');
    board.close();
    expect(await shared.result<Batch>()).toMatchObject({ done: 1, failed: [] });
    workers[1]!.kill('SIGINT');
    // the parts that were left, and one that puts them together
    expect((await workers[1]!.result<Output<'worker'>>()).done).toBeGreaterThan(1);
    expect(world.hashes('shared')).toEqual(world.hashes('whole'));
  });

  test('a model that sees tiles: blended across the parts as in one piece', async () => {
    const sample = await world.services.call('sample', {
      ...{ dir: world.path('sample'), kind: 'sentinel2', size: 160, seed: 3 },
    });
    const small = { epochs: 1, tiles: 16, batch: 8, imageSize: 32, patch: 8, engine: 'tensorflow' };
    const start = { scenes: sample.scene, out: world.path('start'), ...small };
    await world.services.call('pretrain', start);
    await world.services.call('train', {
      ...{ scene: [sample.scene], rois: sample.rois, model: 'spectralgpt' },
      ...{ init: world.path('start'), epochs: 1, split: 'random' },
      ...{ out: world.path('tiles'), engine: 'tensorflow' },
    });
    cpSync(sample.scene, world.path('tiled/scene.tif'), { recursive: true });
    writeFileSync(
      world.path('tiles.yaml'),
      'model: tiles\nsettings: { engine: tensorflow }\noutputs:\n  score: "{name}-score.tif"\n',
    );
    const one = batch('tiled', 'tiles.yaml', 'tiled-whole', '--threads', '1');
    expect(await one.result<Batch>()).toMatchObject({ done: 1 });
    const at = redis.address(2);
    const worker = world.worker(at, '--jobs', '2');
    const shared = batch('tiled', 'tiles.yaml', 'tiled-shared', '--queue', at, '--split', '0.006');
    expect(await shared.result<Batch>()).toMatchObject({ done: 1, failed: [] });
    worker.kill('SIGINT');
    // five parts, and one that puts them together
    expect((await worker.result<Output<'worker'>>()).done).toBe(6);
    expect(world.hashes('tiled-shared')).toEqual(world.hashes('tiled-whole'));
  });
});
