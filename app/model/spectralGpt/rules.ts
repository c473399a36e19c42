import type { SpectralGptConfig } from './configuration.ts';

/** How one parameter is learned: factor of the learning rate, and whether weight decay applies. */
export type ParameterRule = { readonly rate: number; readonly decays: boolean };

/** Positions and tokens that fine-tuning leaves out of weight decay. */
const undecayed = /^(cls_token|pos_embed(_spatial|_temporal|_class)?)$/;

const isVector = (path: string): boolean => path.endsWith('.bias') || /norm\d?\.weight$/.test(path);

/**
 * Layer-wise decay of the learning rate (Bao et al. 2022; Clark et al. 2020): `decay` to the number of layers above.
 * The patch embedding and the joint positions lie lowest, everything that is neither they nor a block highest, the
 * separable positions too, as in the released code.
 */
export function layerDecayRule(
  { depth }: SpectralGptConfig,
  decay: number,
): (path: string) => ParameterRule {
  return (path) => {
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
