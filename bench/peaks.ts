import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const python = join(here, '..', '.cache', 'referee', 'bin', 'python');

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

/** What one round of a comparison does at least, whatever the program. */
export type Work = {
  /** Floating-point operations; a product and a sum are two. */
  readonly flops?: number;
  /** Bytes that go through memory. */
  readonly bytes?: number;
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

/** The share of what the machine can do that work done in so many seconds reached; undefined where nothing is known of either. */
export function shareOfPeak(
  work: Work | undefined,
  seconds: number,
  peaks: Peaks | undefined,
): number | undefined {
  if (work === undefined || peaks === undefined) return undefined;
  const least = [
    ...(work.flops === undefined ? [] : [work.flops / (peaks.gemm * 1e9)]),
    ...(work.bytes === undefined ? [] : [work.bytes / (peaks.memory * 1e9)]),
  ];
  return least.length === 0 ? undefined : Math.max(...least) / seconds;
}
