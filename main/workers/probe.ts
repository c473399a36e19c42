import { api } from '../../app/contract/api.ts';
import { type Estimate, probePredict } from './probePredict.ts';
import { probeTrain } from './probeTrain.ts';
import type { TaskContext } from './task.ts';

type ProbeInput = { readonly kind: 'train' | 'predict'; readonly input: unknown };

/** Measures for a few seconds what a run would take. */
export async function probe({ kind, input }: ProbeInput, context: TaskContext): Promise<Estimate> {
  return kind === 'train'
    ? probeTrain(api.train.input.parse(input), context)
    : probePredict(api.predict.input.parse(input), context);
}
