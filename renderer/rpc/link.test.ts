import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type Port, serve } from '../../app/contract/rpc.ts';
import { AppError } from '../../app/error.ts';
import { createLink, Refused } from './link.ts';

/** Both ends of a port, the far one served as the host does. */
function channel(answer: (name: string, signal: AbortSignal) => Promise<unknown>) {
  const near: ((message: unknown) => void)[] = [];
  const far: ((message: unknown) => void)[] = [];
  const closers: (() => void)[] = [];
  const end = (to: typeof near, from: typeof near): Port => ({
    send: (message) => queueMicrotask(() => to.forEach((listener) => listener(message))),
    onMessage: (listener) => void from.push(listener),
    onClose: (listener) => void closers.push(listener),
  });
  const tell = serve(end(near, far), (name, _, signal) => answer(name, signal));
  return { port: end(far, near), tell, close: () => closers.splice(0).forEach((close) => close()) };
}

const echo = async (name: string): Promise<unknown> => ({ name });
const dial = vi.fn<() => Promise<Port>>();

beforeEach(() => {
  vi.useFakeTimers();
  dial.mockReset();
  return () => void vi.useRealTimers();
});

/** Lets everything happen that waits for no timer. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);

test('a call waits for the connection; events and states are told', async () => {
  const opened = Promise.withResolvers<Port>();
  dial.mockReturnValue(opened.promise);
  const link = createLink(dial);
  const [states, events] = [vi.fn(), vi.fn()];
  link.onState(states);
  const quiet = link.onEvent(events);
  const called = link.call('doctor', {});
  expect(link.state()).toBe('connecting');
  const there = channel(echo);
  opened.resolve(there.port);
  expect(await called).toEqual({ name: 'doctor' });
  expect(states.mock.calls).toEqual([['connected']]);
  there.tell({ kind: 'open', path: '/a' });
  await settle();
  quiet();
  there.tell({ kind: 'open', path: '/b' });
  await settle();
  expect(events.mock.calls).toEqual([[{ kind: 'open', path: '/a' }]]);
});

test('what needs no call waits for the connection too, and gives up when it is cancelled', async () => {
  const opened = Promise.withResolvers<Port>();
  dial.mockReturnValue(opened.promise);
  const link = createLink(dial);
  const [there, cancelled, stop] = [vi.fn(), vi.fn(), new AbortController()];
  void link.untilConnected().then(there);
  void link.untilConnected(stop.signal).catch(cancelled);
  stop.abort();
  await settle();
  expect(there).not.toHaveBeenCalled();
  expect(cancelled).toHaveBeenCalledWith(expect.objectContaining({ code: 'cancelled' }));
  opened.resolve(channel(echo).port);
  await settle();
  expect(there).toHaveBeenCalled();
});

describe('a connection that is lost', () => {
  test('fails what was under way, keeps what comes after, and is made again', async () => {
    const first = channel(() => new Promise(() => undefined));
    dial.mockResolvedValueOnce(first.port);
    const link = createLink(dial);
    await settle();
    const underWay = link.call('doctor', {});
    const failed = expect(underWay).rejects.toMatchObject({ code: 'network' });
    await settle();
    dial.mockRejectedValueOnce(new Error('gone')).mockRejectedValueOnce(new Error('gone'));
    first.close();
    await failed;
    expect(link.state()).toBe('lost');
    const later = link.call('doctor', {});
    dial.mockResolvedValueOnce(channel(echo).port);
    await vi.advanceTimersByTimeAsync(199);
    expect(dial).toHaveBeenCalledTimes(1);
    // 200, then 400, then 800 ms.
    await vi.advanceTimersByTimeAsync(1 + 400 + 800);
    expect(await later).toEqual({ name: 'doctor' });
    expect([link.state(), dial.mock.calls.length]).toEqual(['connected', 4]);
  });

  test('is tried every five seconds at the least, and at once when asked', async () => {
    dial.mockRejectedValue(new Error('gone'));
    const link = createLink(dial);
    await vi.advanceTimersByTimeAsync(200 + 400 + 800 + 1600 + 3200);
    expect(dial).toHaveBeenCalledTimes(6);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(dial).toHaveBeenCalledTimes(9);
    link.retry();
    expect(dial).toHaveBeenCalledTimes(10);
    await vi.advanceTimersByTimeAsync(4999);
    expect(dial).toHaveBeenCalledTimes(10);
  });
});

test('what a new host must know first comes before the calls that wait', async () => {
  const first = channel(echo);
  dial.mockResolvedValueOnce(first.port);
  const link = createLink(dial);
  link.onReconnect(async (call) => {
    await call('project.open', { path: '/mine.gpkg' });
  });
  await settle();
  const asked: string[] = [];
  const second = channel(async (name) => asked.push(name));
  dial.mockResolvedValueOnce(second.port);
  first.close();
  const waiting = link.call('project.state', {});
  await vi.advanceTimersByTimeAsync(200);
  await waiting;
  expect([link.state(), asked]).toEqual(['connected', ['project.open', 'project.state']]);
});

test('a window without a key does not go on trying; its calls wait for a new one', async () => {
  dial.mockRejectedValueOnce(new Refused());
  const link = createLink(dial);
  const waiting = link.call('doctor', {});
  await settle();
  expect(link.state()).toBe('refused');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(dial).toHaveBeenCalledTimes(1);
  dial.mockResolvedValueOnce(channel(echo).port);
  link.retry();
  expect(await waiting).toEqual({ name: 'doctor' });
});

test('a call that is cancelled while it waits is never sent; one under way is cancelled there', async () => {
  const answer = vi.fn((_: string, signal: AbortSignal) => {
    const { promise, reject } = Promise.withResolvers<unknown>();
    signal.addEventListener('abort', () => reject(new AppError('cancelled', 'Cancelled there.')));
    return promise;
  });
  const opened = Promise.withResolvers<Port>();
  dial.mockReturnValue(opened.promise);
  const link = createLink(dial);
  const before = new AbortController();
  const waiting = link.call('doctor', {}, before.signal);
  before.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'cancelled' });
  opened.resolve(channel(answer).port);
  await settle();
  expect(answer).not.toHaveBeenCalled();
  const after = new AbortController();
  const called = link.call('doctor', {}, after.signal);
  await settle();
  after.abort();
  await expect(called).rejects.toMatchObject({ message: 'Cancelled there.' });
});
