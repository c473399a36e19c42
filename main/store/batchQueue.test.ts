import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../app/error.ts';
import { createRandom } from '../../app/random.ts';
import { type BatchQueue, openBatchQueue, type QueuedScene } from './batchQueue.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-queue-'));
  path = join(folder, 'queue.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const scene = (name: string, more: Partial<QueuedScene> = {}): QueuedScene => ({
  ...{ scene: name, state: 'queued', priority: 0, attempts: 0, record: { name } },
  ...more,
});
const codeOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error.code;
    throw error;
  }
  return 'none';
};
const states = (queue: BatchQueue): Record<string, string> =>
  Object.fromEntries([...queue.rows()].map((row) => [row.scene, row.state]));

test('scenes are taken by priority, then by name; what failed once comes behind its equals', () => {
  const queue = openBatchQueue(path);
  queue.restart({});
  queue.put([scene('b'), scene('c', { priority: -1 }), scene('a')]);
  expect([queue.take()?.scene, queue.take()?.scene]).toEqual(['c', 'a']);
  queue.giveBack('a', true);
  queue.giveBack('c', true);
  expect(queue.take()).toMatchObject({ scene: 'c', attempts: 1, state: 'running' });
  expect([queue.take()?.scene, queue.take()?.scene, queue.take()]).toEqual(['b', 'a', undefined]);
  queue.close();
});

test('what was settled stays, what ran waits again, after a close and with its recipe', () => {
  const first = openBatchQueue(path);
  expect(first.recipe).toBeUndefined();
  first.restart({ model: 'm' });
  first.put(['a', 'b', 'c', 'd'].map((name) => scene(name)));
  first.take();
  first.settle('a', 'done', { map: 'a.tif' });
  first.take();
  first.settle('b', 'failed', { error: 'bad' });
  first.take();
  first.settle('d', 'done', {}); // does not run: not its turn
  first.close();
  const second = openBatchQueue(path);
  expect(second.recipe).toEqual({ model: 'm' });
  expect(states(second)).toEqual({ a: 'done', b: 'failed', c: 'queued', d: 'queued' });
  expect(second.find('a')?.record).toEqual({ map: 'a.tif' });
  expect(second.counts()).toEqual({ queued: 2, running: 0, done: 1, failed: 1 });
  second.restart({ model: 'n' });
  expect([second.recipe, states(second)]).toEqual([{ model: 'n' }, {}]);
  second.close();
});

test('one program at a time; damaged, newer and foreign files are refused and left as they are', () => {
  const queue = openBatchQueue(path);
  queue.restart({});
  expect(codeOf(() => openBatchQueue(path))).toBe('in-use');
  queue.close();
  openBatchQueue(path).close();
  writeFileSync(
    path,
    Buffer.from('not a database at all, but long enough to have a header'.repeat(9)),
  );
  const before = readFileSync(path);
  expect(codeOf(() => openBatchQueue(path))).toBe('corrupt');
  expect(readFileSync(path).equals(before)).toBe(true);
  expect(codeOf(() => openBatchQueue(join(folder, 'nowhere', 'queue.sqlite')))).toBe(
    'not-writable',
  );
});

test('no scene is lost or settled twice by kills at random moments', async () => {
  const queue = openBatchQueue(path);
  queue.restart({});
  queue.put(Array.from({ length: 60 }, (_, i) => scene(String(i).padStart(2, '0'))));
  queue.close();
  const random = createRandom(7, 'queue-kills');
  const worker = fileURLToPath(new URL('./testing/workQueue.ts', import.meta.url));
  const told: string[] = [];
  let kills = 0;
  for (let round = 0; round < 60; round++) {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', worker, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    // from its first word on: how long a program takes to start is not the matter
    child.stdout.once('data', () =>
      setTimeout(() => child.kill('SIGKILL'), random.uniform() * 150),
    );
    const [code] = (await once(child, 'close')) as [number | null];
    told.push(...text.split('\n').slice(1, -1));
    const seen = openBatchQueue(path);
    const rows = states(seen);
    seen.close();
    for (const name of told) expect(rows[name], name).toBe('done');
    if (code === 0) break;
    kills += 1;
  }
  expect(kills).toBeGreaterThan(2);
  // settled and told once each; a kill between the two loses the word, never the state
  expect(new Set(told).size).toBe(told.length);
  const last = openBatchQueue(path);
  expect(last.counts()).toEqual({ queued: 0, running: 0, done: 60, failed: 0 });
  last.close();
});
