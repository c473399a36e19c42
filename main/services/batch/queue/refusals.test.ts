import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { posix, win32 } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Output } from '../../../../app/contract/api.ts';
import type { AppError } from '../../../../app/error.ts';
import { programCode } from '../../../programCode.ts';
import { programVersion } from '../../../version.ts';
import { Board } from './board.ts';
import { innerPath, jobMessage } from './messages.ts';
import { redisAddress } from './redisAddress.ts';
import { sealed, unsealed } from './sealed.ts';
import { checkProgram, type SharedPlan } from './sharedPlan.ts';
import { QueueWorld } from './testing/queueWorld.ts';
import { noRedis, RedisServer } from './testing/redisServer.ts';

const secret = 'hunter2 %$';
const usage = (text: string): AppError => {
  try {
    redisAddress(text);
  } catch (error) {
    return error as AppError;
  }
  throw new Error(`${text} was taken`);
};

test('a worker of other sources or another version is refused', () => {
  const batch = (version: string, code: string): SharedPlan =>
    ({ program: { version, code } }) as SharedPlan;
  expect(() => checkProgram(batch(programVersion(), programCode()))).not.toThrow();
  for (const [version, words] of [
    [programVersion(), 'but of other sources'],
    ['0.0.1', 'versions 0.0.1 and'],
  ] as const)
    expect(() => checkProgram(batch(version, '0'.repeat(64)))).toThrow(
      expect.objectContaining({
        code: 'conflict',
        message: expect.stringContaining(words) as string,
      }),
    );
});

test('addresses of queues, and what is none; a password is never shown', () => {
  expect(redisAddress('redis://h', {})).toEqual({
    ...{ host: 'h', port: 6379, database: 0, encrypted: false, shown: 'redis://h/0' },
  });
  const full = redisAddress(`rediss://me:${encodeURIComponent(secret)}@[::1]:7000/3`, {});
  expect(full).toEqual({
    ...{ host: '::1', port: 7000, database: 3, encrypted: true, user: 'me', password: secret },
    shown: 'rediss://[::1]:7000/3',
  });
  expect(redisAddress('redis://h', { PRISMAP_QUEUE_PASSWORD: 'kept' }).password).toBe('kept');
  const bad = ['', 'h:6379', 'http://h', 'redis://', 'redis://h/x', 'redis://h/1/2', 'redis://h?a'];
  for (const text of bad) expect(usage(text).code, text).toBe('usage');
  const wrong = `redis://me:${encodeURIComponent(secret)}@h/name`;
  expect(usage(wrong).message).not.toContain('hunter2');
});

test('paths in messages stay inside, whatever is written into Redis', () => {
  const inside = ['a.tif', 'north/a b.tif', '.a/b', 'Ünï.tif', 'a..b/c'];
  for (const path of inside) expect(innerPath.safeParse(path).success, path).toBe(true);
  const outside = [
    '',
    '/etc/passwd',
    '../a',
    'a/../../b',
    'a//b',
    'C:/a',
    'c:a',
    '\\\\h\\s',
    'a\\..\\b',
  ];
  for (const path of [...outside, 'a/\0', 'a/..', '..'])
    expect(innerPath.safeParse(path).success, path).toBe(false);
  const part = fc.oneof(fc.constantFrom('..', '.', '', 'a', '\\..', 'C:'), fc.string());
  fc.assert(
    fc.property(fc.array(part, { minLength: 1 }), (parts) => {
      const path = parts.join('/');
      if (!innerPath.safeParse(path).success) return;
      expect(posix.resolve('/root', path)).toMatch(/^\/root\/./);
      expect(win32.resolve('C:\\root', path)).toMatch(/^C:\\root\\./);
    }),
  );
});

test('a message counts only whole, under its key and in its form', () => {
  const [key, other] = ['1'.repeat(64), '2'.repeat(64)];
  const message = {
    ...{ batch: '8a2f7c1e-7f83-4b1a-9d7e-0d8a4f1b2c3d', job: '8a2f7c1e-00-0', scene: 'a.tif' },
    ...{ stamp: '1 2 3', outputs: { map: 'a.tif' } },
  };
  const good = sealed(message, key);
  expect(unsealed(good, key, jobMessage)).toEqual(message);
  expect(unsealed(good, other, jobMessage)).toBeUndefined();
  const changed = { ...good, body: good.body.replace('a.tif', 'b.tif') };
  expect(unsealed(changed, key, jobMessage)).toBeUndefined();
  expect(unsealed(sealed({ ...message, scene: '../x' }, key), key, jobMessage)).toBeUndefined();
  for (const junk of [undefined, null, 7, {}, { body: 'x', seal: 'y' }, { ...good, more: 1 }])
    expect(unsealed(junk, key, jobMessage)).toBeUndefined();
});

describe.skipIf(noRedis !== undefined)(`with a Redis ${noRedis ?? ''}`, () => {
  const world = new QueueWorld();
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start('--requirepass', 'hunter2');
    await world.make(2);
  });
  afterAll(async () => {
    world.end();
    await redis.stop();
  });
  const at = (database: number): string => redis.address(database).replace('//', '//:hunter2@');

  test('a queue that is not there, or wants another password, says so and what helps', async () => {
    const wrong = redis.address().replace('//', '//:guess-me@');
    const gone = 'redis://:hunter2@127.0.0.1:1/0';
    for (const address of [wrong, redis.address(), gone]) {
      const worker = world.worker(address);
      const { code, message } = await worker.error();
      expect(code).toBe('network');
      expect(message).toMatch(address === gone ? /Check the address/ : /PRISMAP_QUEUE_PASSWORD/);
      expect(worker.out + worker.said).not.toMatch(/hunter2|guess-me/);
    }
    const batch = world.batch('nowhere', gone);
    expect((await batch.error()).code).toBe('network');
    expect(batch.out + batch.said).not.toContain('hunter2');
  });

  test('a worker that sees another model gives its scene back and ends; the right one maps it', async () => {
    cpSync(world.path('model'), world.path('other'), { recursive: true });
    writeFileSync(world.path('other/weights.safetensors'), 'other weights');
    const early = world.worker(at(1), '--model', world.path('other'));
    await early.says(/Waiting for scenes/);
    const batch = world.batch('weights', at(1));
    const error = await early.error();
    expect(error).toMatchObject({ code: 'conflict' });
    expect(error.message).toMatch(/weights\.safetensors differs.*--model/);
    const blind = world.worker(at(1), '--out', world.path('elsewhere'));
    expect(await blind.error()).toMatchObject({ code: 'not-found' });
    const right = world.worker(at(1));
    expect(await batch.result()).toMatchObject({ done: 2, failed: [] });
    right.kill('SIGINT');
    expect(await right.result()).toMatchObject({ done: 2, failed: 0 });
    expect(batch.said + right.said + batch.out).not.toContain('hunter2');
  });

  test('folders may lie elsewhere for a worker; jobs that were forged are left undone', async () => {
    mkdirSync(world.path('there'));
    for (const name of ['scenes', 'model', 'moved'])
      symlinkSync(world.path(name), world.path(`there/${name}`));
    const batch = world.batch('moved', at(2));
    await batch.says(/No worker is there/);
    const board = await Board.open(redisAddress(at(2)));
    const good = (await board.queue.getWaiting())[0]!;
    const forged = { ...(JSON.parse(good.data.body) as object), scene: '../../../etc/hostname' };
    // under another key, and as an answer that nobody gave
    await board.queue.add('x', sealed(forged, '0'.repeat(64)), { jobId: 'forged-1' });
    await board.queue.add('x', { body: '{', seal: '' }, { jobId: 'forged-2' });
    const words = ['--folder', world.path('there/scenes'), '--model', world.path('there/model')];
    const worker = world.worker(at(2), ...words, '--out', world.path('there/moved'));
    expect(await batch.result<Output<'batch'>>()).toMatchObject({ done: 2, failed: [] });
    // records name the folders as the batch calls them: the bytes of a map do not tell who made it
    await world.batch('here', undefined).result();
    expect(world.hashes('moved')).toEqual(world.hashes('here'));
    board.close();
    worker.kill('SIGINT');
    expect(await worker.result()).toMatchObject({ done: 2 });
  });

  test('a queue holds one batch at a time', async () => {
    const first = world.batch('first', at(3));
    await first.says(/No worker is there/);
    const second = await world.batch('second', at(3)).error();
    expect(second.code).toBe('in-use');
    expect(second.message).toContain(`${redis.address(4)}`);
    first.kill('SIGKILL');
    await first.ended;
    const board = await Board.open(redisAddress(at(3)));
    await board.redis.del('prismap:leader'); // as after the seconds that it is kept
    board.close();
    const third = await world.batch('second', at(3)).error();
    expect(third.code).toBe('conflict');
    expect(third.message).toMatch(/prismap queue .* --cancel/);
    const cancel = world.program('queue', at(3), '--cancel', '--json');
    expect(await cancel.result()).toMatchObject({ cancelled: true, waiting: 0 });
    const fourth = world.batch('second', at(3));
    await fourth.says(/No worker is there/);
    await pause(300);
    fourth.kill('SIGINT');
    expect(await fourth.ended).toBe(130);
  });
});
