import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isRunning } from './isRunning.ts';

test('who runs, and who is gone', () => {
  expect(isRunning(process.pid)).toBe(true);
  expect(isRunning(process.ppid)).toBe(true);
  expect(isRunning(spawnSync(process.execPath, ['-e', '']).pid)).toBe(false);
});

test.skipIf(!existsSync('/proc/self/stat'))(
  'a process whose end nobody has asked about does not run (skipped without /proc)',
  async () => {
    // the second program takes the place of the shell and never asks about the first
    const parent = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 60']);
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(said.toString());
    while (isRunning(pid)) await pause(5);
    expect(() => process.kill(pid, 0)).not.toThrow();
    parent.kill('SIGKILL');
  },
);
