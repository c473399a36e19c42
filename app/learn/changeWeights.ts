/** How the two classes of change are weighed in the loss. */
export type ChangeWeighting = 'published' | 'balanced' | 'none';

/** What the released code calls its modifier of false positives. */
const modifier = 10;

/**
 * Weights of unchanged and changed pixels in the negative log likelihood, by the share of changed ones. `published`: 10 ·
 * 2p and 2(1 − p), as released for OSCD (Hong et al. 2024; after Daudt et al. 2018), which holds false alarms dear;
 * `balanced`: both classes count the same.
 */
export function changeWeights(weighting: ChangeWeighting, changed: number): Float32Array {
  if (weighting === 'none') return Float32Array.of(1, 1);
  const dear = weighting === 'published' ? modifier : 1;
  return Float32Array.of(dear * 2 * changed, 2 * (1 - changed));
}
