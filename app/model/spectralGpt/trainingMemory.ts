import type { VitConfig } from '../baselines/vit.ts';
import { isSpectralGpt, tileNetworkShapes, tileRule } from '../tileNetwork.ts';
import { type SpectralGptConfig, tokenGrid } from './configuration.ts';
import type { Tuning } from './rules.ts';

/** What a training step holds, in bytes. */
export type TrainingMemory = {
  /** Weights, gradients, both moments, and the copies that a checkpoint makes. */
  readonly network: number;
  /** What the gradient of one more tile needs. */
  readonly perTile: number;
  /** The same where blocks are run again for the gradient instead of being kept. */
  readonly perTileRecomputed: number;
};

/**
 * Bytes a parameter that learns: 4 each for weight, gradient, two moments and the engine's copies; 20 more while a checkpoint is
 * written. One that does not learn is its weight, and copies of it.
 */
const [bytesAParameter, bytesAFrozenOne] = [40, 16];
/** Numbers that one block keeps for a token and channel: norms, q, k, v, sums, and four times the width in the perceptron. */
const keptByBlock = 18;
/** Numbers that the dense head keeps for a channel at full resolution: convolution, norm, GELU and their gradients. */
const keptByHead = 5;

/** Blocks of a transformer by whether training changes them. What lies below all that learns keeps nothing for the gradient. */
export function blocksOf(
  tuning: Tuning,
  depth: number,
): { readonly frozen: number; readonly learning: number } {
  if (tuning.kind === 'head') return { frozen: depth, learning: 0 };
  const learning = tuning.kind === 'last' ? Math.min(tuning.blocks, depth) : depth;
  return { frozen: depth - learning, learning };
}

/**
 * An estimate of the memory of training, from what the TensorFlow engine was measured to hold with fused attention (widths 96
 * and 384, 64 to 128 pixels: within a fifth). Without it the scores of every block (heads × tokens²) are kept as well.
 */
export function trainingMemory(
  config: SpectralGptConfig | VitConfig,
  fusedAttention: boolean,
  tuning: Tuning = { kind: 'all' },
): TrainingMemory {
  const { embedDim, depth, heads, task } = config;
  const tokens = tokensOf(config);
  const images = task === 'change' ? 2 : 1;
  const scores = 3 * heads * tokens * tokens * (fusedAttention ? 0 : 1);
  const block = keptByBlock * tokens * embedDim + scores;
  const head = task === 'segmentation' || task === 'change' ? headNumbers(config) : 0;
  const { learning } = blocksOf(tuning, depth);
  // A block that learns nothing still has to be computed.
  const kept = Math.max(1, learning) * block;
  const again = learning * tokens * embedDim + block;
  return {
    network: networkBytes(config, tuning),
    perTile: 4 * (images * kept + head),
    perTileRecomputed: 4 * (images * Math.min(kept, again) + head),
  };
}

function tokensOf(config: SpectralGptConfig | VitConfig): number {
  if (isSpectralGpt(config)) return tokenGrid(config).tokens;
  return (config.groups?.length ?? 1) * (config.imageSize / config.patch) ** 2 + 1;
}

/** Low-rank additions are too few to count. */
function networkBytes(config: SpectralGptConfig | VitConfig, tuning: Tuning): number {
  const rule = tileRule(config, tuning, 1);
  let bytes = 0;
  for (const [path, shape] of tileNetworkShapes(config)) {
    const numbers = shape.reduce((product, size) => product * size, 1);
    bytes += numbers * (rule(path).rate === 0 ? bytesAFrozenOne : bytesAParameter);
  }
  return bytes;
}

/** Pyramid and fusions: every map as wide as it is, by its share of the full resolution. */
function headNumbers({ imageSize, head }: Pick<SpectralGptConfig, 'imageSize' | 'head'>): number {
  const { levels, deepest, fusion } = head;
  const pyramid = levels.reduce((sum, { out }, i) => sum + out / 4 ** i, deepest / 64);
  // Four maps brought to full size, side by side, through three fusions.
  return keptByHead * imageSize ** 2 * (pyramid + 12 * fusion);
}
