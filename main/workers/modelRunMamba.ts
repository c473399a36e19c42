import {
  checkSpectralMambaConfig,
  type SpectralMambaConfig,
  spectralMamba,
  spectralMambaConfig,
  spectralMambaForward,
} from '../../app/model/spectralMamba.ts';
import type { RunnableNetwork } from './modelRunNetwork.ts';

/** The letters of the paper, and the names that other programs use, for the fields of a network. */
const fieldNames: Readonly<Record<string, keyof SpectralMambaConfig>> = {
  C: 'bands',
  K: 'classes',
  P: 'patch',
  R: 'pieces',
  d: 'width',
  embedDim: 'width',
  E: 'expand',
  N: 'states',
  dState: 'states',
  k: 'kernel',
  dconv: 'kernel',
  r: 'timeRank',
  dt_rank: 'timeRank',
  dtRank: 'timeRank',
};

/** A name without the place in a checkpoint and what training in parallel puts before it. */
const bareName = (name: string): string =>
  name.replace(/^((model|state_dict|model_state_dict|net)\/)?((module|_orig_mod)\.)*/, '');

/** SpectralMamba by the fields of its description. @throws AppError `usage` for sizes that make no network */
export function runnableSpectralMamba(
  description: Readonly<Record<string, unknown>>,
): RunnableNetwork {
  const fields = Object.entries(description)
    .filter(([name]) => name !== 'family')
    .map(([name, value]) => [fieldNames[name] ?? name, value]);
  const config = spectralMambaConfig(Object.fromEntries(fields) as SpectralMambaConfig);
  checkSpectralMambaConfig(config);
  return {
    weightShapes: spectralMamba.weightShapes(config),
    tensorsIn: (file) =>
      new Map([...file.tensors].map(([source, facts]) => [bareName(source), { source, facts }])),
    inputs: new Map([['input', spectralMamba.inputShape(config)]]),
    mainOutput: 'logits',
    forward: (ops, weights, inputs) => {
      const seen = new Map<string, ReturnType<typeof ops.constant>>();
      const { values, shape } = inputs.get('input')!;
      const logits = spectralMambaForward(ops, weights, config, ops.constant(values, shape), {
        observe: (name, value) => seen.set(name, value),
      });
      return seen.set('logits', logits).set('probabilities', ops.softmax(logits));
    },
  };
}
