import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { AppError } from '../../app/error.ts';
import { childOf } from './host.ts';
import { KeptProcess } from './keptProcess.ts';

const entry = fileURLToPath(new URL('./testing/troubledTasks.ts', import.meta.url));
let kept: KeptProcess | undefined;
let starts = 0;
afterEach(() => kept?.close());

function keep(limits: { readonly tasks?: number; readonly silentMs?: number } = {}): KeptProcess {
  starts = 0;
  const start = childOf(entry);
  kept = new KeptProcess(
    (environment) => {
      starts += 1;
      return start(environment);
    },
    { tasks: 100, silentMs: 60_000, ...limits },
  );
  return kept;
}

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : 'none';
};

test('one process answers task after task, failures included', async () => {
  const { run } = keep();
  expect(await run({ task: 'echo', input: 1 })).toBe(1);
  expect(await codeOf(run({ task: 'coded', input: undefined }))).toBe('bad-labels');
  expect(await codeOf(run({ task: 'nothing', input: undefined }))).toBe('internal');
  const events: unknown[] = [];
  expect(
    await run({ task: 'events', input: undefined, onEvent: (event) => events.push(event) }),
  ).toBe('after the flood');
  expect(events).toHaveLength(1000);
  expect(await run({ task: 'echo', input: 2 })).toBe(2);
  expect(starts).toBe(1);
});

test.each(['abort', 'segfault', 'exit', 'killed'])(
  '%s of the process fails its task; the next has a new one',
  async (task) => {
    const { run } = keep();
    for (let round = 0; round < 3; round++) {
      expect(await codeOf(run({ task, input: undefined }))).toBe('worker-died');
      expect(await run({ task: 'echo', input: round })).toBe(round);
    }
    expect(starts).toBe(4);
  },
);

test('a cancelled task ends, and an obedient process lives on', async () => {
  const { run } = keep();
  const cancelled = async (task: string): Promise<string> => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);
    return codeOf(run({ task, input: undefined, signal: controller.signal }));
  };
  expect(await cancelled('obedient')).toBe('cancelled');
  expect(await run({ task: 'echo', input: 3 })).toBe(3);
  expect(starts).toBe(1);
  expect(await cancelled('stubborn')).toBe('cancelled');
  expect(await run({ task: 'echo', input: 4 })).toBe(4);
  expect(starts).toBe(2);
});

test('a process that says nothing is ended, and one that has done its share is replaced', async () => {
  const { run } = keep({ silentMs: 5000, tasks: 2 });
  await expect(run({ task: 'stubborn', input: undefined })).rejects.toThrow('no sign of progress');
  for (let task = 0; task < 4; task++) expect(await run({ task: 'echo', input: task })).toBe(task);
  expect(starts).toBe(3);
});
