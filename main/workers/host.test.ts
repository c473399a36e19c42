import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { ProgressEvent } from '../../app/contract/events.ts';
import { AppError } from '../../app/error.ts';
import { childRunner } from './host.ts';

const run = childRunner(fileURLToPath(new URL('./testing/troubledTasks.ts', import.meta.url)));

async function failureOf(task: string, signal?: AbortSignal): Promise<AppError> {
  const error = await run({
    task,
    input: undefined,
    ...(signal === undefined ? {} : { signal }),
  }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

test('values go there and back, typed arrays included', async () => {
  const input = { text: 'ä', numbers: Float32Array.of(1, 2.5) };
  expect(await run({ task: 'echo', input })).toEqual(input);
});

test('every event arrives before the result, in order', async () => {
  const events: ProgressEvent[] = [];
  expect(
    await run({ task: 'events', input: undefined, onEvent: (event) => events.push(event) }),
  ).toBe('after the flood');
  expect(events.map((event) => (event.kind === 'note' ? Number(event.message) : -1))).toEqual([
    ...Array(1000).keys(),
  ]);
});

test('a coded error keeps code, message and details', async () => {
  expect(await failureOf('coded')).toMatchObject({
    code: 'bad-labels',
    message: 'Found none, needed two. Draw more.',
    details: { found: 0 },
  });
});

test('a defect is told as internal', async () => {
  expect(await failureOf('plain')).toMatchObject({
    code: 'internal',
    message: 'a defect of the program',
  });
});

test('an unknown task is told', async () => {
  expect((await failureOf('nothing')).message).toContain('nothing');
});

test.each(['abort', 'segfault', 'exit', 'killed'])(
  '%s of the process fails the call and nothing else',
  async (task) => {
    const error = await failureOf(task);
    expect(error.code).toBe('worker-died');
    expect(error.message).toContain('--resume');
    expect(await run({ task: 'echo', input: 1 })).toBe(1);
  },
);

test.each([
  null,
  'hello',
  7,
  [],
  {},
  { kind: 'other' },
  { kind: 'event' },
  { kind: 'event', event: null },
  { kind: 'event', event: { kind: 'toString' } },
  { kind: 'event', event: { kind: 'progress', stage: 1 } },
  { kind: 'event', event: { kind: 'scene', scene: null } },
  { kind: 'failure' },
  { kind: 'failure', error: { code: 5, message: 'x', details: {} } },
  { kind: 'failure', error: { code: 'x', message: 'x', details: null } },
])('a process that sends %j is ended, and its task fails alone', async (input) => {
  await expect(run({ task: 'strange', input })).rejects.toMatchObject({
    code: 'worker-died',
    message: expect.stringContaining('sent what is no message') as string,
  });
  expect(await run({ task: 'echo', input: 1 })).toBe(1);
});

test('a heap without memory is told as such', async () => {
  process.env['NODE_OPTIONS'] = '--max-old-space-size=64';
  try {
    const error = await failureOf('heap');
    expect(error).toMatchObject({ code: 'worker-died' });
    expect(error.message).toContain('memory ran out');
  } finally {
    delete process.env['NODE_OPTIONS'];
  }
});

test.each(['obedient', 'stubborn'])('a %s task is cancelled', async (task) => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 300);
  expect((await failureOf(task, controller.signal)).code).toBe('cancelled');
});
