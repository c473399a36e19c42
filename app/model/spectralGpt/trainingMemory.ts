import { type SpectralGptConfig, tokenGrid } from './configuration.ts';
import { spectralGptShapes } from './weightTable.ts';

/** What a training step holds, in bytes. */
export type TrainingMemory = {
  /** Weights, gradients, both moments, and the copies that a checkpoint makes. */
  readonly network: number;
  /** What the gradient of one more tile needs. */
  readonly perTile: number;
  /** The same where blocks are run again for the gradient instead of being kept. */
  readonly perTileRecomputed: number;
};

/** Bytes a parameter: 4 each for weight, gradient, two moments and the engine's copies; 20 more while a checkpoint is written. */
const bytesAParameter = 40;
/** Numbers that one block keeps for a token and channel: norms, q, k, v, sums, and four times the width in the perceptron. */
const keptByBlock = 18;
/** Numbers that the dense head keeps for a channel at full resolution: convolution, norm, GELU and their gradients. */
const keptByHead = 5;

/**
 * An estimate of the memory of training, from what the TensorFlow engine was measured to hold with fused attention (widths 96
 * and 384, 64 to 128 pixels: within a fifth). Without it the scores of every block (heads × tokens²) are kept as well.
 */
export function trainingMemory(config: SpectralGptConfig, fusedAttention: boolean): TrainingMemory {
  const { embedDim, depth, heads, task } = config;
  const { tokens } = tokenGrid(config);
  const images = task === 'change' ? 2 : 1;
  const scores = 3 * heads * tokens * tokens * (fusedAttention ? 0 : 1);
  const block = keptByBlock * tokens * embedDim + scores;
  const head = task === 'segmentation' || task === 'change' ? headNumbers(config) : 0;
  const parameters = [...spectralGptShapes(config).values()].reduce(
    (sum, shape) => sum + shape.reduce((product, size) => product * size, 1),
    0,
  );
  return {
    network: bytesAParameter * parameters,
    perTile: 4 * (images * depth * block + head),
    perTileRecomputed: 4 * (images * (depth * tokens * embedDim + block) + head),
  };
}

/** Pyramid and fusions: every map as wide as it is, by its share of the full resolution. */
function headNumbers({ imageSize, head }: SpectralGptConfig): number {
  const { levels, deepest, fusion } = head;
  const pyramid = levels.reduce((sum, { out }, i) => sum + out / 4 ** i, deepest / 64);
  // Four maps brought to full size, side by side, through three fusions.
  return keptByHead * imageSize ** 2 * (pyramid + 12 * fusion);
}
