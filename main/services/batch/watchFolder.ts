import { setTimeout as pause } from 'node:timers/promises';
import type { BatchRun } from './batchRun.ts';
import type { FoundScene } from './findScenes.ts';
import { writeResults } from './writeResults.ts';

type Watch = {
  readonly list: () => Promise<readonly FoundScene[]>;
  readonly take: (scenes: readonly FoundScene[]) => Promise<void>;
};

type Seen = { readonly stamp: string; readonly since: number; taken: boolean };

/** The folder is listed no more often than this, and no less. */
const [oftenMs, rareMs] = [250, 5000];

/**
 * Lists the folder again and again and takes what has not changed for `--settle` seconds, by the clock that never jumps. Ends
 * when it is cancelled, which is how a watch ends.
 */
export async function watchFolder(run: BatchRun, { list, take }: Watch): Promise<void> {
  const { context, plan } = run;
  const settleMs = plan.input.settle * 1000;
  const seen = new Map<string, Seen>();
  let told = false;
  while (!context.signal.aborted) {
    const settled: FoundScene[] = [];
    const found = await list();
    for (const scene of found) {
      const known = seen.get(scene.scene);
      if (known?.stamp !== scene.stamp)
        seen.set(scene.scene, { stamp: scene.stamp, since: performance.now(), taken: false });
      else if (!known.taken && performance.now() - known.since >= settleMs) settled.push(scene);
    }
    forgetVanished(seen, found);
    try {
      if (settled.length > 0) {
        for (const { scene } of settled) seen.get(scene)!.taken = true;
        await take(settled);
        await writeResults(run);
        told = false;
      }
      if (!told)
        context.onEvent?.({ kind: 'note', message: 'Waiting for more scenes (Ctrl+C ends).' });
      told = true;
      const wait = Math.min(rareMs, Math.max(oftenMs, settleMs / 2));
      await pause(wait, undefined, { signal: context.signal });
    } catch (error) {
      if (!context.signal.aborted) throw error;
    }
  }
}

function forgetVanished(seen: Map<string, Seen>, found: readonly FoundScene[]): void {
  const names = new Set(found.map(({ scene }) => scene));
  for (const scene of seen.keys()) if (!names.has(scene)) seen.delete(scene);
}
