import { availableParallelism, loadavg } from 'node:os';
import { api } from '../../app/contract/api.ts';
import { tileFamilies } from '../../app/model/tileNetwork.ts';
import { isTileModel } from '../engines/tileModelFolder.ts';
import { type Estimate, probePredict } from './probePredict.ts';
import { probeTrain } from './probeTrain.ts';
import { requireRois } from './roiInput.ts';
import type { TaskContext } from './task.ts';

type ProbeInput = { readonly kind: 'train' | 'predict' | 'change'; readonly input: unknown };

/** Measures for a few seconds what a run would take. */
export async function probe(input: ProbeInput, context: TaskContext): Promise<Estimate> {
  // before the probe's own work is part of it; 0 where the system (Windows) does not tell
  const load = loadavg()[0]! / availableParallelism();
  const estimate = await estimateOf(input, context);
  return { ...estimate, seconds: underLoad(estimate.seconds, load) };
}

async function estimateOf({ kind, input }: ProbeInput, context: TaskContext): Promise<Estimate> {
  switch (kind) {
    case 'train': {
      const training = api.train.input.parse(input);
      return tileFamilies.some((family) => family === training.model)
        ? await (await import('./probeTrainTiles.ts')).probeTrainTiles(training, context)
        : await probeTrain(requireRois(training), context);
    }
    case 'predict': {
      const mapping = api.predict.input.parse(input);
      return (await isTileModel(mapping.model))
        ? await (await import('./probeMapTiles.ts')).probePredictTiles(mapping, context)
        : await probePredict(mapping, context);
    }
    case 'change':
      return await (await import('./probeChange.ts')).probeChange(
        api.change.input.parse(input),
        context,
      );
  }
}

/**
 * A probe of seconds may fall into a gap that other programs leave, or into their rush; a run of minutes sees both. The range takes in
 * that they stop, and that they take more of the cores than now: at most twice of them, or a range of hours says nothing.
 * @param load Programs that want to run, a core of the machine, over the last minute
 */
export const underLoad = (
  [least, most]: Estimate['seconds'],
  load: number,
): Estimate['seconds'] => [least / (1 + load), most * (1 + Math.min(1, load))];
