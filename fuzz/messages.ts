import type { Facts, FindKind, HostileCase } from './target.ts';

/** To the process that reads: cases `first` to `first + count - 1`, and whether what is read shall stay on the disk. */
export type Batch = { readonly first: number; readonly count: number; readonly keep: boolean };

export type BadCase = {
  readonly index: number;
  readonly made: string;
  readonly kind: FindKind;
  readonly message: string;
  /** The smallest files found that show the same. */
  readonly smallest?: HostileCase['files'] | undefined;
};

/** What became of the cases of a batch. */
export type BatchAnswer = {
  readonly read: number;
  /** Refused, by code of the error. */
  readonly refused: Readonly<Record<string, number>>;
  readonly bad: readonly BadCase[];
  /** Those that were read and kept, with what was read. */
  readonly kept: readonly {
    readonly index: number;
    readonly made: string;
    readonly facts: Facts;
  }[];
  /** The slowest case: CPU time. */
  readonly slowest: { readonly index: number; readonly milliseconds: number };
  /** CPU time of all, and that of making them. */
  readonly milliseconds: number;
  /** Peak resident memory of the process, above what it was before the first case. */
  readonly peakBytes: number;
};

/** First message of the process: it is ready. */
export type Ready = { readonly ready: true; readonly dataBytes: number };

/** Names in the folder of a process. */
export const places = {
  /** Number of the case that is being read: 8 bytes. */
  progress: 'progress',
  cases: 'cases',
  own: 'own',
  /** What a pickle would write if anything of it were run. */
  canary: 'canary',
} as const;

/** What a case may cost. */
export const limits = {
  cpuSeconds: 2,
  /** A case that waits for nothing: no CPU time, no end. */
  wallSeconds: 20,
  bytes: 256 * 2 ** 20,
} as const;

/** Exit status of a process that could not make a case: a fault of ours, not a find. */
export const ownFault = 70;
