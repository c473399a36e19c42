import type { SpectralGptConfig } from './configuration.ts';
import { isLora, isLoraScale } from './lora.ts';

/** How one parameter is learned: factor of the learning rate, and whether weight decay applies. */
export type ParameterRule = { readonly rate: number; readonly decays: boolean };

const frozen: ParameterRule = { rate: 0, decays: false };

/** Positions and tokens that fine-tuning leaves out of weight decay. */
const undecayed = /^(cls_token|pos_embed(_spatial|_temporal|_class)?)$/;

const isVector = (path: string): boolean => path.endsWith('.bias') || /norm\d?\.weight$/.test(path);

/**
 * Layer-wise decay of the learning rate (Bao et al. 2022; Clark et al. 2020): `decay` to the number of layers above.
 * The patch embedding and the joint positions lie lowest, everything that is neither they nor a block highest, the
 * separable positions too, as in the released code.
 */
export function layerDecayRule(
  { depth }: Pick<SpectralGptConfig, 'depth'>,
  decay: number,
): (path: string) => ParameterRule {
  return (path) => {
    if (isLoraScale(path)) return frozen;
    const block = /^blocks\.(\d+)\./.exec(path)?.[1];
    const lowest = path === 'pos_embed' || path === 'cls_token' || path.startsWith('patch_embed.');
    const layer = lowest ? 0 : block === undefined ? depth + 1 : Number(block) + 1;
    return {
      rate: decay ** (depth + 1 - layer),
      decays: !isVector(path) && !undecayed.test(path),
    };
  };
}

/** Pre-training: one rate; all but vectors decay, positions and the mask token included. */
export const pretrainingRule = (path: string): ParameterRule => ({
  rate: 1,
  decays: !isVector(path),
});

/** How much of a network is fine-tuned; the head always is, with the final norm, which scene heads apply after pooling. */
export type Tuning =
  | { readonly kind: 'all' }
  | { readonly kind: 'head' }
  /** The head and the last `blocks` blocks. */
  | { readonly kind: 'last'; readonly blocks: number }
  /** The head and the low-rank additions that `withLora` has put in. */
  | { readonly kind: 'lora' };

const encoderPart = /^(cls_token$|pos_embed|channel_|patch_embed\.|blocks\.)/;

/** The rule of a fine-tuning: `layerDecayRule` with everything frozen that the tuning leaves as it is. */
export function tuningRule(
  config: Pick<SpectralGptConfig, 'depth'>,
  tuning: Tuning,
  decay = 1,
): (path: string) => ParameterRule {
  const rule = layerDecayRule(config, decay);
  return (path) => (isTuned(config, tuning, path) ? rule(path) : frozen);
}

function isTuned(
  { depth }: Pick<SpectralGptConfig, 'depth'>,
  tuning: Tuning,
  path: string,
): boolean {
  if (tuning.kind === 'all' || !encoderPart.test(path)) return true;
  if (tuning.kind === 'lora') return isLora(path);
  const block = /^blocks\.(\d+)\./.exec(path)?.[1];
  return tuning.kind === 'last' && block !== undefined && Number(block) >= depth - tuning.blocks;
}
