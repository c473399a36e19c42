import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Output } from '../../../app/contract/api.ts';
import { QueueWorld } from '../batch/queue/testing/queueWorld.ts';
import { freePort, noRedis, RedisServer } from '../batch/queue/testing/redisServer.ts';

type Sample = {
  readonly name: string;
  readonly labels: Record<string, string>;
  readonly value: number;
};

/** The text format of Prometheus, version 0.0.4 (prometheus.io, exposition formats); throws on a line that is none. */
function parse(text: string): { samples: Sample[]; types: Map<string, string> } {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  for (const line of text.split('\n')) {
    const [, named, type] =
      /^# TYPE (\w+) (counter|gauge|histogram|summary|untyped)$/.exec(line) ?? [];
    if (named !== undefined) types.set(named, type!);
    if (line === '' || line.startsWith('# ')) continue;
    const [, name, labels, value] =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([-+.\deE]+|NaN|[+-]Inf)$/.exec(line) ?? [];
    if (name === undefined || !types.has(name)) throw new Error(`no sample: ${line}`);
    const pairs = [...(labels ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)",?/g)];
    samples.push({
      name,
      labels: Object.fromEntries(pairs.map(([, key, text]) => [key!, text!])),
      value: Number(value),
    });
  }
  return { samples, types };
}

describe.skipIf(noRedis !== undefined)(`metrics of a worker ${noRedis ?? ''}`, () => {
  const world = new QueueWorld();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start();
    await world.make(3);
  });
  afterAll(async () => {
    world.end();
    await redis.stop();
  });

  test('states of the queue, scenes, seconds by stage and memory, as Prometheus reads them', async () => {
    const batch = world.batch('maps', redis.address());
    await batch.says(/No worker is there/);
    const port = await freePort();
    const worker = world.worker(redis.address(), '--metrics', String(port));
    await worker.says(/Waiting for scenes/);
    expect(await batch.result<Output<'batch'>>()).toMatchObject({ done: 3 });
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    const { samples, types } = parse(await answer.text());
    const value = (name: string, labels: Record<string, string> = {}): number | undefined =>
      samples.find(
        (one) =>
          one.name === name &&
          Object.entries(labels).every(([key, text]) => one.labels[key] === text),
      )?.value;
    expect(value('prismap_worker_scenes_total', { result: 'done' })).toBe(3);
    expect(value('prismap_worker_scenes_total', { result: 'failed' })).toBe(0);
    for (const state of ['waiting', 'active', 'completed', 'failed'])
      expect(value('prismap_queue_jobs', { state }), state).toBe(0);
    expect(value('prismap_worker_stage_seconds_total', { stage: 'mapping' })).toBeGreaterThan(0);
    expect(value('process_resident_memory_bytes')).toBeGreaterThan(2 ** 24);
    expect(types.get('prismap_worker_scenes_total')).toBe('counter');
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404);
    const second = world.worker(redis.address(), '--metrics', String(port));
    expect(await second.error()).toMatchObject({ code: 'in-use' });
    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
  });
});
