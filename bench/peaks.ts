import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { python } from './referee.ts';

const here = import.meta.dirname;

/** What the machine reached just now, at what each part of it is there for. */
export type Peaks = {
  /** GFLOP/s of float32 matrix products on all cores. */
  readonly gemm: number;
  /** GB/s of copying in memory, read and written. */
  readonly memory: number;
  /** MB/s of a file that is written and synced, and of one that is read from the disk. */
  readonly write: number;
  readonly read: number;
};

/** Undefined where PyTorch, by which it is measured, is not there. */
export function measurePeaks(): Peaks | undefined {
  if (!existsSync(python)) return undefined;
  try {
    return JSON.parse(
      execFileSync(python, [join(here, 'peaks_peer.py')], { encoding: 'utf8' }),
    ) as Peaks;
  } catch {
    return undefined;
  }
}

/** The share of the products that the machine could do in so many seconds; undefined where nothing is known of either. */
export function shareOfPeak(
  flops: number | undefined,
  seconds: number,
  peaks: Peaks | undefined,
): number | undefined {
  if (flops === undefined || peaks === undefined) return undefined;
  return flops / (peaks.gemm * 1e9) / seconds;
}
