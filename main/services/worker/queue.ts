import type { Input, Output } from '../../../app/contract/api.ts';
import { AppError } from '../../../app/error.ts';
import { Board } from '../batch/queue/board.ts';
import { redisAddress } from '../batch/queue/redisAddress.ts';

/** Says what a queue is about, after it did what was asked. @throws AppError `usage`, `network`, `not-found` */
export async function queue(input: Input<'queue'>): Promise<Output<'queue'>> {
  if ([input.pause, input.resume, input.cancel].filter(Boolean).length > 1)
    throw new AppError('usage', 'Give one of --pause, --resume and --cancel, not several.');
  const board = await Board.open(redisAddress(input.address));
  try {
    const announced = await board.announced();
    const { shown } = board.address;
    if (announced === undefined && (input.pause || input.cancel))
      throw new AppError('not-found', `The queue ${shown} holds no batch.`);
    if (input.pause) await board.queue.pause();
    if (input.resume) await board.queue.resume();
    if (input.cancel && announced !== undefined) await board.withdraw(announced.id);
    const batch = input.cancel ? undefined : announced;
    const counts = await board.queue.getJobCounts();
    const of = (...states: string[]): number =>
      states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
    return {
      queue: shown,
      ...(batch === undefined ? {} : { batch: { out: batch.out, host: batch.host } }),
      paused: await board.queue.isPaused(),
      workers: await board.queue.getWorkersCount(),
      waiting: of('waiting', 'paused', 'prioritized', 'delayed'),
      running: of('active'),
      answered: of('completed', 'failed'),
      cancelled: input.cancel,
    };
  } finally {
    board.close();
  }
}
