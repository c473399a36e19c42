import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { afterAll, expect, test, vi } from 'vitest';
import { AppError } from '../../app/error.ts';
import { createLog } from '../diagnostics/log.ts';
import { jobLogger, loggedCalls, loggedTasks } from '../diagnostics/observe.ts';
import { runInChild } from '../workers/host.ts';
import { createServices } from './createServices.ts';

type Calls = Parameters<typeof loggedCalls>[1];
const folder = mkdtempSync(join(tmpdir(), 'prismap-diagnostics-test-'));
vi.stubEnv('PRISMAP_DATA', folder);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

test('the archive tells what went wrong, and nothing of whose data it was', async () => {
  const log = createLog({ folder: join(folder, 'logs'), name: 'serve' });
  const run = loggedTasks(log, runInChild);
  const scene = join(folder, 'Green Valley', 'plot of anna.tif');
  await expect(run({ task: 'info', input: { scene, stats: false, sample: [] } })).rejects.toThrow();
  const tell = jobLogger(log);
  const job = { id: 'j1', kind: 'train', state: 'running', elapsedSeconds: 0 };
  tell({ kind: 'job', job });
  tell({ kind: 'job', job: { ...job, elapsedSeconds: 2 } });
  const error = { code: 'no-samples', message: `${scene} has no pixels of "Green Valley"` };
  tell({ kind: 'job', job: { ...job, state: 'failed', elapsedSeconds: 3, error } });
  const broken: Calls = { call: () => Promise.reject(new TypeError(`undefined in ${scene}`)) };
  const refused: Calls = { call: () => Promise.reject(new AppError('not-found', scene)) };
  const { signal } = new AbortController();
  await expect(loggedCalls(log, broken).call('scene.open', {}, signal)).rejects.toThrow();
  await expect(loggedCalls(log, refused).call('scene.open', {}, signal)).rejects.toThrow();

  const services = createServices({ runTask: runInChild });
  const { file, files } = await services.call('diagnostics', { out: join(folder, 'd.zip') });
  const archive = unzipSync(readFileSync(file));
  expect(Object.keys(archive)).toEqual(files);
  const texts = Object.entries(archive).map(([name, bytes]) => [name, String(Buffer.from(bytes))]);
  const lines = texts
    .find(([name]) => name!.startsWith('logs/'))![1]!
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(lines).toMatchObject([
    { level: 'warn', event: 'task.failed', task: 'info', code: 'not-found' },
    { level: 'info', event: 'job', kind: 'train', state: 'running' },
    { level: 'warn', event: 'job', state: 'failed', seconds: 3, code: 'no-samples' },
    { level: 'error', event: 'fault', call: 'scene.open', name: 'TypeError' },
  ]);
  expect(lines[3]!['places']).toContainEqual(
    expect.stringMatching(/^main\/services\/diagnostics\.test\.ts:\d+:\d+$/),
  );
  const environment = JSON.parse(texts.find(([name]) => name === 'environment.json')![1]!) as {
    engine: { matmulGflops: number };
  };
  expect(environment.engine.matmulGflops).toBeGreaterThan(0);
  const whole = texts.flat().join('\n');
  for (const secret of ['Green Valley', 'anna', folder, tmpdir(), hostname()])
    expect(whole).not.toContain(secret);
  if (userInfo().username.length > 4) expect(whole).not.toContain(userInfo().username);
});
