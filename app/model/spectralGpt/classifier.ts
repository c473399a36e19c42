import { layerNorm, linear } from '../layers.ts';
import { tokenGrid } from './configuration.ts';
import { encodeImage, normEpsilon, type Pass } from './encoder.ts';

/** Logits (b, classes) of images (b, bands, S, S): the mean of the tokens, normalised, through a linear layer. */
export function classify<T>(pass: Pass<T>, image: T): T {
  const { ops, weights, config } = pass;
  const encoded = encodeImage(pass, image);
  const { tokens } = tokenGrid(config);
  const batch = ops.shape(encoded)[0]!;
  const pooledTokens =
    config.pooling === 'all'
      ? encoded
      : ops.slice(encoded, [0, 1, 0], [batch, tokens - 1, config.embedDim]);
  const pooled = ops.mean(pooledTokens, [1]);
  pass.observe?.('pooled_before_norm', pooled);
  const normed = layerNorm(ops, weights, 'norm', pooled, normEpsilon);
  pass.observe?.('pooled_after_norm', normed);
  return linear(ops, weights, 'head', normed);
}
