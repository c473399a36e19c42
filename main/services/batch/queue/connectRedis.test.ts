import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Board, prefix } from './board.ts';
import { connectRedis } from './connectRedis.ts';
import { redisAddress } from './redisAddress.ts';
import { freePort, noRedis, RedisServer } from './testing/redisServer.ts';

describe.skipIf(noRedis !== undefined)(`a line to Redis ${noRedis ?? ''}`, () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await RedisServer.start('--requirepass', 'hunter2', '--databases', '4');
  });
  afterAll(() => redis.stop());
  const at = (login: string, database = 0): ReturnType<typeof redisAddress> =>
    redisAddress(redis.address(database).replace('//', `//${login}`), {});

  test('is there with the right password, for a user by name too', async () => {
    for (const login of [':hunter2@', 'default:hunter2@']) {
      const line = await connectRedis(at(login));
      expect(await line.redis.ping()).toBe('PONG');
      line.close();
    }
  });

  test.each([
    ['no password', ''],
    ['another password', ':guess-me@'],
    ['another user', 'nobody:hunter2@'],
  ])('with %s is refused, and none is shown', async (_, login) => {
    const error: unknown = await connectRedis(at(login)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'network',
      message: expect.stringContaining('PRISMAP_QUEUE_PASSWORD') as unknown,
    });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/hunter2|guess-me/);
  });

  test('to a database that the server has not is refused', async () => {
    await expect(connectRedis(at(':hunter2@', 9))).rejects.toMatchObject({
      code: 'network',
      details: { reason: 'it has no such database' },
    });
  });

  test('to a port where nobody listens is refused, encrypted or not', async () => {
    const port = await freePort();
    for (const protocol of ['redis', 'rediss'])
      await expect(
        connectRedis(redisAddress(`${protocol}://127.0.0.1:${port}`, {})),
      ).rejects.toMatchObject({
        code: 'network',
        message: expect.stringContaining('cannot be reached (ECONNREFUSED)') as unknown,
      });
  });

  test('to somebody else than Redis is refused', async () => {
    const deaf = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    await expect(connectRedis(redisAddress(`redis://127.0.0.1:${port}`, {}))).rejects.toMatchObject(
      {
        code: 'network',
        message: expect.stringContaining('Check the address') as unknown,
      },
    );
    deaf.close();
  });

  test('answers when the server is back, also where nobody listens to what it says', async () => {
    const own = await RedisServer.start();
    const line = await connectRedis(redisAddress(own.address(), {}));
    await own.kill();
    const asked = line.redis.ping();
    await own.again();
    expect(await asked).toBe('PONG');
    line.close();
    await own.kill();
    await own.stop();
  });

  test('a queue is that of one batch at a time; what one left is kept', async () => {
    const board = await Board.open(at(':hunter2@', 1));
    const [first, second] = [
      '8a2f7c1e-7f83-4b1a-9d7e-0d8a4f1b2c3d',
      '9b3e8d2f-7f83-4b1a-9d7e-0d8a4f1b2c3d',
    ];
    await board.claim(first, '/first', 'leader');
    await expect(board.claim(second, '/second', 'other')).rejects.toMatchObject({
      code: 'in-use',
      details: { out: '/first' },
      message: expect.stringContaining(`${redis.address(2)}`) as unknown,
    });
    await board.redis.del(`${prefix}:leader`);
    await expect(board.claim(second, '/second', 'other')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('--cancel') as unknown,
    });
    // the same results begun anew: jobs of before are none of it
    await board.queue.add('x', { body: '', seal: '' }, { jobId: 'old-job' });
    await board.claim(second, '/first', 'other');
    expect(await board.queue.getWaitingCount()).toBe(0);
    expect(await board.renew(second, 'other')).toBe('led');
    expect(await board.renew(first, 'other')).toBe('taken');
    expect(await board.renew(second, 'leader')).toBe('taken');
    // another's is not withdrawn
    await board.withdraw(first);
    expect(await board.announced()).toMatchObject({ id: second });
    await board.withdraw(second);
    expect(await board.renew(second, 'other')).toBe('withdrawn');
    expect(await board.announced()).toBeUndefined();
    await board.redis.del(`${prefix}:withdrawn`);
    expect(await board.renew(second, 'other')).toBe('forgotten');
    for (const junk of ['{', '{}']) {
      await board.redis.set(`${prefix}:batch`, junk);
      expect(await board.announced()).toBeUndefined();
    }
    board.close();
  });
});
