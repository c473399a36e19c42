import { describe, expect, it } from 'vitest';
import { type Port, serve } from '../../app/contract/rpc.ts';
import { SceneHost, type SceneProcess, startSceneChild } from './sceneHost.ts';
import { NewestFirst } from './scenes/newestFirst.ts';

const never = new AbortController().signal;

/** A process that answers with its number, and dies of a scene called `poison`. */
function mortal(number: number, alive: Set<number>): SceneProcess {
  const toHost: ((message: unknown) => void)[] = [];
  const toProcess: ((message: unknown) => void)[] = [];
  const closers: (() => void)[] = [];
  const die = (): void => {
    alive.delete(number);
    toHost.length = 0;
    closers.forEach((close) => close());
  };
  const post = (listeners: ((message: unknown) => void)[], message: unknown): void => {
    setTimeout(() => listeners.forEach((listener) => listener(message)), 1);
  };
  const inside: Port = {
    send: (message) => post(toHost, message),
    onMessage: (listener) => toProcess.push(listener),
    onClose: () => undefined,
  };
  serve(inside, async (_, request) => {
    if ((request as { uri: string }).uri === 'poison') die();
    await new Promise((resolve) => setTimeout(resolve, 20));
    return number;
  });
  alive.add(number);
  return {
    port: {
      send: (message) => post(toProcess, message),
      onMessage: (listener) => toHost.push(listener),
      onClose: (listener) => closers.push(listener),
    },
    kill: die,
  };
}

describe('a scene process that dies', () => {
  it('is started again; the call that kills it fails alone', async () => {
    const alive = new Set<number>();
    let started = 0;
    const host = new SceneHost(() => mortal(++started, alive));
    const calls = ['a', 'poison', 'b'].map((uri) => host.call('tile', { uri }, never));
    const [a, poison, b] = await Promise.allSettled(calls);
    expect(a).toMatchObject({ status: 'fulfilled' });
    expect(b).toMatchObject({ status: 'fulfilled' });
    expect(poison).toMatchObject({ status: 'rejected', reason: { code: 'worker-died' } });
    expect(await host.call('tile', { uri: 'c' }, never)).toBe(started);
    expect(alive.size).toBe(1);
    host.dispose();
    expect(alive.size).toBe(0);
    await expect(host.call('tile', { uri: 'd' }, never)).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('that is a real one is told of, and another answers', async () => {
    let last: SceneProcess | undefined;
    const host = new SceneHost(() => {
      last = startSceneChild();
      return last;
    });
    const missing = host.call('open', { uri: '/no/such/scene.tif' }, never);
    last!.kill();
    await expect(missing).rejects.toMatchObject({ code: 'not-found' });
    host.dispose();
  });
});

describe('newest first', () => {
  it('runs the newest that waits, and none that was cancelled', async () => {
    const queue = new NewestFirst(1);
    const ran: number[] = [];
    const cancelled = new AbortController();
    const work = (number: number, signal: AbortSignal = never) =>
      queue.run(async () => {
        ran.push(number);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }, signal);
    const all = Promise.allSettled([work(0), work(1), work(2, cancelled.signal), work(3)]);
    cancelled.abort();
    const settled = await all;
    expect(ran).toEqual([0, 3, 1]);
    expect(settled[2]).toMatchObject({ status: 'rejected', reason: { code: 'cancelled' } });
    await work(4);
    expect(ran.at(-1)).toBe(4);
  });
});
