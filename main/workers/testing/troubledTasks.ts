// Tasks that end badly in every way a compute process can, for the test of its host.
import { execFileSync } from 'node:child_process';
import { AppError } from '../../../app/error.ts';
import { serveTasks } from '../serveTasks.ts';
import type { Task } from '../task.ts';

const troubled: Readonly<Record<string, Task<never, unknown>>> = {
  echo: (input) => Promise.resolve(input),
  events: (_input, context) => {
    for (let i = 0; i < 1000; i++) context.emit({ kind: 'note', message: String(i) });
    return Promise.resolve('after the flood');
  },
  coded: () =>
    Promise.reject(new AppError('bad-labels', 'Found none, needed two. Draw more.', { found: 0 })),
  plain: () => Promise.reject(new TypeError('a defect of the program')),
  abort: () => process.abort(),
  segfault: () => {
    process.kill(process.pid, 'SIGSEGV');
    return new Promise(() => undefined);
  },
  exit: () => process.exit(0),
  killed: () => {
    process.kill(process.pid, 'SIGKILL');
    return new Promise(() => undefined);
  },
  heap: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1e6).fill(kept.length));
  },
  // outside the heap, under a limit that the system enforces
  memory: () => {
    execFileSync('prlimit', ['--pid', String(process.pid), `--data=${300 * 2 ** 20}`]);
    const kept: Buffer[] = [];
    for (;;) kept.push(Buffer.alloc(2 ** 24, 1));
  },
  silent: () => new Promise(() => undefined),
  flood: async (_input, context) => {
    for (let i = 0; i < 20_000; i++) {
      context.emit({ kind: 'progress', stage: 'flood', done: i, total: 20_000 });
      if (i % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    process.exit(0);
  },
  strange: (input) => {
    process.send?.(input);
    return new Promise(() => undefined);
  },
  stubborn: () => {
    for (;;) Math.random();
  },
  obedient: (_input, context) =>
    new Promise((_resolve, reject) => {
      const timer = setInterval(() => undefined, 1000);
      context.signal.addEventListener('abort', () => {
        clearInterval(timer);
        reject(new Error('stopped'));
      });
    }),
};

serveTasks(
  Object.fromEntries(
    Object.entries(troubled).map(([name, task]) => [name, () => Promise.resolve(task)]),
  ),
);
