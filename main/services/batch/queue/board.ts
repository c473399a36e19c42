import { hostname } from 'node:os';
import { type Job, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { z } from 'zod';
import { AppError } from '../../../../app/error.ts';
import { connectRedis, type RedisLine } from './connectRedis.ts';
import type { RedisAddress } from './redisAddress.ts';
import type { SealedMessage } from './sealed.ts';

/** Names of everything that Prismap keeps in Redis begin so. A database holds one batch at a time. */
export const prefix = 'prismap';
export const queueName = 'scenes';
const keys = {
  batch: `${prefix}:batch`,
  leader: `${prefix}:leader`,
  withdrawn: `${prefix}:withdrawn`,
} as const;

/** A batch that said nothing for so long is taken to have ended without a word. */
const leaseMs = 15_000;
/** How long workers can learn that a batch was withdrawn. */
const withdrawnSeconds = 86_400;

const announcement = z.strictObject({
  id: z.uuid(),
  /** Folder of the results as the machine of the batch sees it. */
  out: z.string().min(1).max(4000),
  host: z.string().max(300),
});

/** Which batch a queue is about. */
export type Announcement = z.infer<typeof announcement>;

/** A job as BullMQ carries it. */
export type QueueJob = Job<SealedMessage, SealedMessage | undefined>;

/** What is written in Redis about a batch, beside the jobs of BullMQ. */
export class Board {
  readonly queue: Queue<SealedMessage, SealedMessage | undefined>;
  readonly address: RedisAddress;
  readonly redis: Redis;
  readonly #line: RedisLine;

  private constructor(address: RedisAddress, line: RedisLine) {
    this.address = address;
    this.redis = line.redis;
    this.#line = line;
    this.queue = new Queue(queueName, { connection: line.redis, prefix });
    // said by the connection itself
    this.queue.on('error', () => undefined);
  }

  /** @throws AppError `network` */
  static async open(address: RedisAddress, said?: (message: string) => void): Promise<Board> {
    return new Board(address, await connectRedis(address, said));
  }

  /** The batch of the queue; undefined where there is none. What is no announcement is none. */
  async announced(): Promise<Announcement | undefined> {
    const text = await this.redis.get(keys.batch);
    return text === null ? undefined : announcement.safeParse(parsed(text)).data;
  }

  /**
   * Makes the queue that of a batch, or goes on with it, and says that it is being led by `leader`.
   * @throws AppError `in-use` where another batch is at work, `conflict` where one left its jobs
   */
  async claim(id: string, out: string, leader: string): Promise<void> {
    const before = await this.announced();
    const other = before !== undefined && before.id !== id && before.out !== out;
    if (other && (await this.redis.get(keys.leader)) !== null)
      throw new AppError(
        'in-use',
        `The queue ${this.address.shown} is at work for another batch (results in ${before.out}, started on ${before.host}). Wait until that has ended, or name another database of that server, as ${another(this.address)}.`,
        { out: before.out },
      );
    if (other)
      throw new AppError(
        'conflict',
        `The queue ${this.address.shown} still holds a batch that is not at an end (results in ${before.out}, started on ${before.host}). Start that one again to go on with it, or remove it with "prismap queue ${this.address.shown} --cancel".`,
        { out: before.out },
      );
    if (before !== undefined && before.id !== id) await this.#clear();
    await this.redis.set(keys.leader, leader, 'PX', leaseMs);
    await this.redis.del(keys.withdrawn);
    const text: Announcement = { id, out, host: hostname() };
    await this.redis.set(keys.batch, JSON.stringify(text));
  }

  /** Says that the batch is still led; what became of it since. */
  async renew(id: string, leader: string): Promise<'led' | 'withdrawn' | 'forgotten' | 'taken'> {
    if (await this.isWithdrawn(id)) return 'withdrawn';
    const [batch, led] = await Promise.all([this.announced(), this.redis.get(keys.leader)]);
    if (batch !== undefined && batch.id !== id) return 'taken';
    if (led !== null && led !== leader) return 'taken';
    await this.redis.set(keys.leader, leader, 'PX', leaseMs);
    return batch === undefined ? 'forgotten' : 'led';
  }

  async isWithdrawn(id: string): Promise<boolean> {
    return (await this.redis.get(keys.withdrawn)) === id;
  }

  /** Takes the batch and all its jobs out of the queue. Workers stop what they do for it. */
  async withdraw(id: string): Promise<void> {
    if ((await this.announced())?.id !== id) return;
    await this.redis.set(keys.withdrawn, id, 'EX', withdrawnSeconds);
    await this.#clear();
    await this.redis.del(keys.batch, keys.leader);
  }

  async #clear(): Promise<void> {
    await this.queue.obliterate({ force: true });
  }

  close(): void {
    this.#line.close();
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The address of the next database of a server. */
const another = ({ shown, database }: RedisAddress): string =>
  shown.replace(/\d+$/, String(database + 1));
