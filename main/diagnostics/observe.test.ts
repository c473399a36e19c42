import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { AppError } from '../../app/error.ts';
import { type Log, logFiles } from './log.ts';
import { loggedServices, loggedTasks } from './observe.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-observe-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A log in memory. */
function listed(): { readonly log: Log; readonly lines: unknown[] } {
  const lines: unknown[] = [];
  const add = (level: string) => (event: string, fields?: object) =>
    void lines.push({ level, event, ...fields });
  return { log: { info: add('info'), warn: add('warn'), error: add('error') }, lines };
}

test('a batch is told scene by scene, and its caller hears everything; short calls are not logged', async () => {
  const { log, lines } = listed();
  const error = { code: 'corrupt', message: 'ends too soon' };
  const services = loggedServices(
    log,
    {
      call: async (
        _: string,
        __: unknown,
        options: { readonly onEvent?: (event: object) => void } = {},
      ) => {
        options.onEvent?.({ kind: 'scene', scene: { scene: 'a.tif', state: 'done' } });
        options.onEvent?.({ kind: 'scene', scene: { scene: 'b.tif', state: 'failed', error } });
        options.onEvent?.({ kind: 'note', message: 'hello' });
        return await Promise.resolve(7);
      },
    },
    new Set(['batch']),
  );
  const heard: object[] = [];
  const onEvent = (event: object): void => void heard.push(event);
  expect(await services.call('batch', {}, { onEvent })).toBe(7);
  expect(heard).toHaveLength(3);
  expect(lines).toMatchObject([
    { level: 'info', event: 'call.start', call: 'batch' },
    { level: 'info', event: 'scene', scene: 'a.tif', state: 'done' },
    { level: 'warn', event: 'scene', scene: 'b.tif', state: 'failed', code: 'corrupt' },
    { level: 'info', event: 'call.done', call: 'batch' },
  ]);
  await services.call('info', {}, { onEvent });
  expect(lines).toHaveLength(4);
});

test('how a task ends is told by its kind of end, and the error goes on', async () => {
  const { log, lines } = listed();
  for (const code of ['cancelled', 'worker-died', 'corrupt'] as const) {
    const run = loggedTasks(log, () => Promise.reject(new AppError(code, 'why', { signal: 'X' })));
    await expect(run({ task: 'train' })).rejects.toMatchObject({ code });
  }
  expect(lines).toMatchObject([
    { level: 'info', event: 'task.cancelled', task: 'train' },
    { level: 'error', event: 'process.died', task: 'train', signal: 'X' },
    { level: 'warn', event: 'task.failed', task: 'train', code: 'corrupt' },
  ]);
});

test.each([
  ['setTimeout(() => { throw new RangeError("lost"); });', 'uncaughtException'],
  ['Promise.reject(new RangeError("lost"));', 'unhandledRejection'],
])('a process that ends by %s has said so', (fault, origin) => {
  const at = (name: string): string => pathToFileURL(join(import.meta.dirname, name)).href;
  const logs = join(folder, origin);
  const program = `
    import { createLog } from '${at('log.ts')}';
    import { logCrashes } from '${at('observe.ts')}';
    logCrashes(createLog({ folder: ${JSON.stringify(logs)}, name: 'serve' }));
    ${fault}`;
  const { status } = spawnSync(process.execPath, ['--input-type=module', '--eval', program]);
  expect(status).toBe(1);
  expect(JSON.parse(readFileSync(logFiles(logs)[0]!, 'utf8'))).toMatchObject({
    ...{ level: 'error', event: 'crash', origin, name: 'RangeError', message: 'lost' },
  });
});
