import { availableParallelism, loadavg } from 'node:os';
import { api } from '../../app/contract/api.ts';
import { type Estimate, probePredict } from './probePredict.ts';
import { probeTrain } from './probeTrain.ts';
import { requireRois } from './roiInput.ts';
import type { TaskContext } from './task.ts';

type ProbeInput = { readonly kind: 'train' | 'predict'; readonly input: unknown };

/** Measures for a few seconds what a run would take. */
export async function probe({ kind, input }: ProbeInput, context: TaskContext): Promise<Estimate> {
  // before the probe's own work is part of it; 0 where the system (Windows) does not tell
  const load = loadavg()[0]! / availableParallelism();
  const estimate =
    kind === 'train'
      ? await probeTrain(requireRois(api.train.input.parse(input)), context)
      : await probePredict(api.predict.input.parse(input), context);
  return { ...estimate, seconds: underLoad(estimate.seconds, load) };
}

/**
 * A probe of seconds may fall into a gap that other programs leave, or into their rush; a run of minutes sees both. The range takes in
 * that they stop and that they take their share of the cores all the time.
 * @param load Programs that want to run, a core of the machine, over the last minute
 */
export const underLoad = (
  [least, most]: Estimate['seconds'],
  load: number,
): Estimate['seconds'] => [least / (1 + load), most * (1 + load)];
