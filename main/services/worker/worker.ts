import type { Server } from 'node:http';
import { availableParallelism } from 'node:os';
import { Worker } from 'bullmq';
import type { Input, Output } from '../../../app/contract/api.ts';
import { startComputeChild } from '../../workers/host.ts';
import { createCrew } from '../batch/crew.ts';
import { Board, prefix, type QueueJob, queueName } from '../batch/queue/board.ts';
import { redisAddress } from '../batch/queue/redisAddress.ts';
import type { CallContext } from '../callContext.ts';
import { Duties } from './duties.ts';
import { serveMetrics, workerMetrics } from './workerMetrics.ts';

/** A job is given to another worker so often before the batch is told that it kills workers. */
const mostLosses = 3;
/** What BullMQ says where an answer comes after the lease was lost. */
const refusedJob = /(?:^Missing (?:lock|key) for job|^Lock mismatch for job|^Job) (?<job>[\w-]+)/;
/** The state of the queue is looked at so often. */
const lookMs = 1000;

/**
 * Takes scenes from a queue and maps them until it is told to stop, or nothing came for `--idle` seconds. What it was working on
 * then goes back to the others. Maps are computed in processes of their own: this one is always free to keep its leases.
 * @throws AppError `usage`, `network`; of a machine that does not see what the batch sees
 */
export async function worker(
  input: Input<'worker'>,
  context: CallContext,
): Promise<Output<'worker'>> {
  const say = (message: string): void => context.onEvent?.({ kind: 'note', message });
  const board = await Board.open(redisAddress(input.queue), say);
  const threads =
    input.threads ??
    (input.jobs > 1 ? Math.max(1, Math.floor(availableParallelism() / input.jobs)) : undefined);
  const metrics = workerMetrics(board);
  const crew = createCrew(context.startProcess ?? startComputeChild, { ...input, threads });
  const duties = new Duties(input, { board, crew, threads, metrics, context });
  const leaseMs = input.lease * 1000;
  const takes = new Worker(
    queueName,
    (job: QueueJob, token, signal) => duties.treat(job, token ?? '', signal!),
    {
      ...{ connection: board.redis, prefix, concurrency: input.jobs, autorun: false },
      ...{ lockDuration: leaseMs, stalledInterval: leaseMs / 2, maxStalledCount: mostLosses },
      // how soon a worker that waits looks again, should it have missed a word; and after a Redis that was away
      ...{ drainDelay: 2, runRetryDelay: 1000 },
    },
  );
  takes.on('error', ({ message }) => {
    const job = refusedJob.exec(message)?.groups?.['job'];
    if (job !== undefined) duties.lost(job);
  });
  takes.on('lockRenewalFailed', (jobs: string[]) => {
    for (const job of jobs) {
      duties.lost(job);
      takes.cancelJob(job, 'the lease was lost');
    }
  });
  takes.on('completed', (job) => duties.answered(job.id ?? ''));
  const started = performance.now();
  let server: Server | undefined;
  try {
    if (input.metrics !== undefined) server = await serveMetrics(input.metrics, metrics);
    await duties.begin();
    say(`Waiting for scenes of ${board.address.shown} (Ctrl+C ends).`);
    void takes.run().catch(() => undefined);
    await duties.lastUntilEnd(takes, lookMs);
  } finally {
    await takes.close(true);
    crew.close();
    server?.close();
    board.close();
    await duties.end();
  }
  if (duties.problem !== undefined) throw duties.problem;
  return {
    ...duties.counts,
    late: duties.late.size,
    seconds: (performance.now() - started) / 1000,
  };
}
