import { dirname } from 'node:path';
import { writeFileAtomic } from '../atomicFile.ts';
import { describeOutputs, type RunManifest } from './manifest.ts';
import type { TaskContext } from './task.ts';

/** A run of a task from its start to its record: warnings and time. */
export type Run = {
  readonly warnings: readonly string[];
  /** Tells the user now and in the result; what was said is not said again. */
  readonly warn: (message: string) => void;
  /** Since the start. */
  seconds(): number;
  /**
   * Writes the manifest with the hashes of what the run wrote and what differs from run to run (times, figures); gives the path.
   * @param outputs Paths; what is undefined was not asked for
   */
  record(
    path: string,
    manifest: RunManifest,
    figures: Readonly<Record<string, unknown>>,
    outputs: readonly (string | undefined)[],
  ): Promise<string>;
};

export function startRun(context: TaskContext): Run {
  const start = performance.now();
  const started = new Date().toISOString();
  const warnings: string[] = [];
  const seconds = (): number => (performance.now() - start) / 1000;
  return {
    warnings,
    warn: (message) => {
      if (warnings.includes(message)) return;
      warnings.push(message);
      context.emit({ kind: 'warning', message });
    },
    seconds,
    record: async (path, manifest, figures, outputs) => {
      const record = {
        ...manifest,
        outputs: await describeOutputs(outputs, dirname(path), context.signal),
        started,
        seconds: seconds(),
        figures: { ...figures, warnings },
      };
      await writeFileAtomic(path, `${JSON.stringify(record, undefined, 2)}\n`);
      return path;
    },
  };
}
