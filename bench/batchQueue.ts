// Batches over several machines, here as processes that share a Redis: what more workers bring, on work that waits and on work
// that computes, and what kills cost. All runs of a comparison must give the same bytes; both sides take turns.
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Output } from '../app/contract/api.ts';
import type { ProgressEvent } from '../app/contract/events.ts';
import { createRandom } from '../app/random.ts';
import { type Program, QueueWorld } from '../main/services/batch/queue/testing/queueWorld.ts';
import { RedisServer } from '../main/services/batch/queue/testing/redisServer.ts';
import { type SceneServer, serveScenes } from '../main/services/batch/testing/sceneServer.ts';
import type { Figure } from './figure.ts';

const rounds = 2;
/** An answer of a server far away, or of one with many clients. */
const delayMs = 1000;
const waitingScenes = 16;
const computedScenes = 64;
const [kills, killSeed] = [Number(process.env['PRISMAP_KILLS'] ?? 10), 21];

export async function figures({
  say,
}: {
  readonly say: (figure: Figure) => void;
}): Promise<readonly Figure[]> {
  const result: Figure[] = [];
  const add = (figure: Figure): void => {
    say(figure);
    result.push(figure);
  };
  const redis = await RedisServer.start();
  try {
    for (const part of parts) await part(redis, add);
  } finally {
    await redis.stop();
  }
  return result;
}

type Add = (figure: Figure) => void;

export const parts: readonly ((redis: RedisServer, add: Add) => Promise<void>)[] = [
  (redis, add) => withWorld(waitingScenes, 60, (world) => waiting(world, redis, add)),
  (redis, add) => withWorld(computedScenes, 150, (world) => computing(world, redis, add)),
  (redis, add) => withWorld(40, 120, (world) => underKills(world, redis, add)),
];

async function withWorld(
  scenes: number,
  side: number,
  work: (world: QueueWorld) => Promise<void>,
): Promise<void> {
  const world = new QueueWorld();
  try {
    await world.make(scenes, side);
    await work(world);
  } finally {
    world.end();
  }
}

/** Four workers against one on scenes of a server that takes its time. */
async function waiting(world: QueueWorld, redis: RedisServer, add: Add): Promise<void> {
  const server = await serveScenes(world.path('scenes'), delayMs);
  const list = join(world.folder, 'scenes.txt');
  writeFileSync(list, addresses(server, world).join('\n'));
  const ratio = await inTurns(world, redis, { folder: list, few: 1, many: 4, from: 1 });
  server.close();
  const load = ` (each answer after ${delayMs} ms, ${waitingScenes} scenes${loadText()})`;
  const name = `four workers / one, HTTP reads${load}`;
  add({ name, value: ratio, unit: '×', goal: '≥ 3.5', ok: ratio >= 3.5 });
}

const addresses = ({ origin }: SceneServer, world: QueueWorld): string[] =>
  Object.keys(world.hashes('scenes')).map((name) => `${origin}/${name}`);

/** Two workers of one thread against one, on work that computes. */
async function computing(world: QueueWorld, redis: RedisServer, add: Add): Promise<void> {
  const sides = { folder: world.path('scenes'), few: 1, many: 2, from: 3 };
  const ratio = await inTurns(world, redis, sides);
  const name = `two workers / one, one thread each (${computedScenes} scenes${loadText()})`;
  add({ name, value: ratio, unit: '×', goal: '≥ 1.8', ok: ratio >= 1.8 });
}

const loadText = (): string => `, load ${loadavg()[0]!.toFixed(1)}`;

type Sides = {
  readonly folder: string;
  readonly few: number;
  readonly many: number;
  /** First of two databases. */
  readonly from: number;
};

/** Least seconds of a few workers over those of many, all of them started and warm. */
async function inTurns(world: QueueWorld, redis: RedisServer, sides: Sides): Promise<number> {
  const { folder, few, many, from } = sides;
  const workers: Program[] = [];
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const hashes = new Set<string>();
  for (const [side, count] of [few, many].entries())
    for (let i = 0; i < count; i++) workers.push(world.worker(redis.address(from + side)));
  for (const worker of workers) await worker.says(/Waiting for scenes/);
  for (let round = 0; round <= rounds; round++)
    for (const side of [0, 1]) {
      const out = `maps-${round}-${side}`;
      const seconds = await timed(world, folder, out, redis.address(from + side));
      hashes.add(JSON.stringify(world.hashes(out)));
      // in the first round the workers load engine and model
      if (round > 0) least[side] = Math.min(least[side]!, seconds);
      console.error(`  ${[few, many][side]} workers: ${seconds.toFixed(2)} s${loadText()}`);
    }
  for (const worker of workers) worker.kill('SIGTERM');
  await Promise.all(workers.map(({ ended }) => ended));
  if (hashes.size !== 1) throw new Error('The runs gave different bytes.');
  return least[0]! / least[1]!;
}

/** Seconds from the first scene that is handed out to the last that is done; none may fail. */
async function timed(
  world: QueueWorld,
  folder: string,
  out: string,
  queue: string,
): Promise<number> {
  const input = { folder, recipe: world.recipe, out: world.path(out), jobs: 4 };
  await world.services.call('batch', { ...input, check: true });
  let [first, last] = [0, 0];
  const onEvent = (event: ProgressEvent): void => {
    if (event.kind !== 'scene') return;
    if (event.scene.state === 'running' && first === 0) first = performance.now();
    if (event.scene.state === 'done') last = performance.now();
  };
  const { failed } = await world.services.call('batch', { ...input, queue }, { onEvent });
  if (failed.length > 0) throw new Error(`${failed[0]!.scene}: ${failed[0]!.message}`);
  return (last - first) / 1000;
}

/** Workers die amid their scenes, Redis once: what is lost or counted twice. */
async function underKills(world: QueueWorld, redis: RedisServer, add: Add): Promise<void> {
  const { done: all } = await world.batch('whole', undefined).result<Output<'batch'>>();
  const random = createRandom(killSeed, 'queue-kills');
  const at = redis.address(5);
  const start = (): Program => world.worker(at, '--lease', '2');
  const workers = [start(), start(), start(), start()];
  for (const worker of workers) await worker.says(/Waiting for scenes/);
  const batch = world.batch('killed', at);
  const state = (): Promise<Output<'queue'>> => world.services.call('queue', { address: at });
  let amid = 0;
  for (let kill = 0; kill < kills && batch.child.exitCode === null; kill++) {
    const victim = workers.shift()!;
    await victim.says(/Waiting for scenes/);
    while ((await state()).running === 0 && batch.child.exitCode === null) await pause(20);
    await pause(random.uniform() * 400);
    victim.kill('SIGKILL');
    amid += batch.child.exitCode === null ? 1 : 0;
    workers.push(start());
    if (kill !== Math.floor(kills / 2)) continue;
    for (const worker of workers) await worker.says(/Waiting for scenes/);
    await redis.kill();
    await pause(500);
    await redis.again();
  }
  const { done, failed, waiting: left } = await batch.result<Output<'batch'>>();
  for (const worker of workers) worker.kill('SIGTERM');
  const rows = readFileSync(world.path('killed/summary.csv'), 'utf8').trim().split('\r\n').slice(1);
  const twice = rows.length - new Set(rows.map((row) => row.split(',')[0])).size;
  const [one, other] = [world.hashes('whole'), world.hashes('killed')];
  const differing = Object.keys(one).filter((name) => one[name] !== other[name]).length;
  const lost = all - done + failed.length + left;
  const name = `scenes lost or counted twice of ${all}, after ${amid} kills of workers amid work and one of Redis (seed ${killSeed})`;
  add({ name, value: lost + twice, unit: '', goal: '0', ok: lost + twice === 0 });
  add({
    name: 'files that differ then',
    value: differing,
    unit: '',
    goal: '0',
    ok: differing === 0,
  });
}
