import { Redis } from 'ioredis';
import { AppError } from '../../../../app/error.ts';
import type { RedisAddress } from './redisAddress.ts';

const connectMs = 5000;
/** A connection that was lost is tried again so often, for as long as it takes. */
const [firstRetryMs, lastRetryMs] = [200, 2000];

export type RedisLine = {
  readonly redis: Redis;
  close(): void;
};

/**
 * Connects to Redis. The first try has to succeed; a connection that is lost later comes back by itself, and what was asked in
 * between is answered then.
 * @param said Told when the connection was lost, and when it is back
 * @throws AppError `network` where nobody answers, or a password is wanted or wrong
 */
export async function connectRedis(
  address: RedisAddress,
  said: (message: string) => void = () => undefined,
): Promise<RedisLine> {
  let connected = false;
  let last: Error | undefined;
  let lost = false;
  const redis = new Redis({
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.user === undefined ? {} : { username: address.user }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.encrypted ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: connectMs,
    // BullMQ asks for it: a question waits until the server is back
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (connected ? Math.min(firstRetryMs * times, lastRetryMs) : null),
  });
  redis.on('error', (error: Error) => {
    last = error;
  });
  redis.on('close', () => {
    if (connected && !lost)
      said(`The connection to the queue ${address.shown} was lost; waiting for it.`);
    lost = true;
  });
  redis.on('ready', () => {
    if (connected && lost) said(`The queue ${address.shown} is back.`);
    lost = false;
  });
  try {
    await redis.connect();
    // Asked again: the client goes on with database 0, which may be another batch's, where a server has not so many.
    await redis.select(address.database);
  } catch (error) {
    redis.disconnect();
    throw unreachable(address, last ?? (error as Error));
  }
  connected = true;
  return {
    redis,
    close: () => {
      connected = false;
      redis.disconnect();
    },
  };
}

function unreachable({ shown }: RedisAddress, error: Error): AppError {
  const { message } = error;
  if (/NOAUTH|WRONGPASS|invalid password|without any password|AUTH/i.test(message))
    return new AppError(
      'network',
      `The queue ${shown} refused the password, or asks for one. Put it into the address (redis://:PASSWORD@HOST:PORT) or into PRISMAP_QUEUE_PASSWORD.`,
      { queue: shown },
    );
  const code = (error as NodeJS.ErrnoException).code;
  const reason =
    code ?? (/database|DB index/i.test(message) ? 'it has no such database' : 'no answer');
  return new AppError(
    'network',
    `The queue ${shown} cannot be reached (${reason}). Check the address, and that Redis runs there and accepts connections from this machine.`,
    { queue: shown, reason },
  );
}
