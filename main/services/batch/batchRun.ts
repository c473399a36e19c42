import type { BatchQueue } from '../../store/batchQueue.ts';
import type { CallContext } from '../callContext.ts';
import type { BatchPlan } from './batchPlan.ts';
import type { Crew } from './crew.ts';
import type { Mappers } from './mappers.ts';
import type { Tally } from './runScenes.ts';

/** What a start of a batch works with. */
export type BatchRun = {
  readonly plan: BatchPlan;
  readonly queue: BatchQueue;
  /** Processes that look at scenes. */
  readonly crew: Crew;
  readonly mappers: Mappers;
  readonly tally: Tally;
  /** Scenes that an earlier start had done. */
  skipped: number;
  readonly warnings: string[];
  readonly started: number;
  readonly context: Omit<CallContext, 'signal'> & { readonly signal: AbortSignal };
};
