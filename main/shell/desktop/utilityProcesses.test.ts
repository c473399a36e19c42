import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { beforeEach, expect, test, vi } from 'vitest';
import { computeEntry, taskRunner } from '../../workers/host.ts';

vi.mock('electron', () => import('./testing/recordedElectron.ts'));
const { argumentsOf, reset, utilityProcess } = await import('./testing/recordedElectron.ts');
const { startComputeUtility, startSceneUtility } = await import('./utilityProcesses.ts');

const run = taskRunner(startComputeUtility);
beforeEach(reset);

test('a task runs in a process of its own, with its threads', async () => {
  const onEvent = vi.fn();
  const result = run({ task: 'info', input: { scene: 'a' }, threads: 2, onEvent });
  const child = utilityProcess.last!;
  expect(argumentsOf('utilityProcess.fork')).toEqual([
    [
      computeEntry,
      [],
      expect.objectContaining({
        env: expect.objectContaining({ OMP_NUM_THREADS: '2' }) as unknown,
      }),
    ],
  ]);
  expect(argumentsOf('utility.postMessage')).toEqual([
    [{ kind: 'start', task: 'info', input: { scene: 'a' } }],
  ]);
  child.emit('message', { kind: 'event', event: { kind: 'note', message: 'x' } });
  expect(argumentsOf('utility.kill')).toEqual([]);
  child.emit('message', { kind: 'result', value: 5 });
  expect(await result).toBe(5);
  expect(onEvent).toHaveBeenCalledTimes(1);
  // It has said all: only then is it ended.
  expect(argumentsOf('utility.kill').length).toBe(1);
});

test('a process that dies fails its task and tells why', async () => {
  const result = run({ task: 'train', input: {} });
  utilityProcess.last!.stderr.emit('data', Buffer.from('terminate: bad_alloc'));
  utilityProcess.last!.emit('exit', 134);
  await expect(result).rejects.toMatchObject({
    code: 'worker-died',
    message: expect.stringContaining('memory ran out') as unknown,
  });
});

test('a process that does not listen is ended by the system', async () => {
  const stubborn = spawn(process.execPath, [
    '-e',
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)',
  ]);
  const controller = new AbortController();
  const result = run({ task: 'train', input: {}, signal: controller.signal });
  const child = utilityProcess.last!;
  child.pid = stubborn.pid;
  const ended = once(stubborn, 'exit').then(([code, signal]) => {
    child.emit('exit', code ?? 9);
    return signal as string;
  });
  controller.abort();
  expect(argumentsOf('utility.postMessage').at(-1)).toEqual([{ kind: 'cancel' }]);
  await expect(result).rejects.toMatchObject({ code: 'cancelled' });
  expect(await ended).toBe('SIGKILL');
});

test('a scene process speaks over its port', () => {
  const scenes = startSceneUtility();
  const { port } = scenes;
  const child = utilityProcess.last!;
  const [heard, gone] = [vi.fn(), vi.fn()];
  port.onMessage(heard);
  port.onClose(gone);
  port.send({ kind: 'call' });
  child.emit('spawn');
  child.emit('message', { kind: 'result' });
  scenes.kill();
  child.emit('exit', 0);
  expect(argumentsOf('utility.postMessage')).toEqual([[{ kind: 'call' }]]);
  expect(heard).toHaveBeenCalledWith({ kind: 'result' });
  expect(argumentsOf('utility.kill').length).toBe(1);
  expect(gone).toHaveBeenCalledTimes(1);
});
