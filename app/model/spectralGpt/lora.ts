import { AppError } from '../../error.ts';
import { createRandom } from '../../random.ts';
import type { WeightData } from '../weights.ts';
import type { SpectralGptConfig } from './configuration.ts';

/** Low-rank adaptation (Hu et al. 2022) of attention's q and v: W + alpha / rank · B · A. */
export type Lora = { readonly rank: number; readonly alpha: number };

/** What stands beside `PATH.weight` (out, in): A (rank, in), B (out, rank) and alpha / rank (1), which is never learned. */
const parts = { a: 'lora_a', b: 'lora_b', scale: 'lora_scale' } as const;

export const isLoraScale = (path: string): boolean => path.endsWith(`.${parts.scale}`);
export const isLora = (path: string): boolean => /\.lora_[ab]$/.test(path);

/**
 * Weights with low-rank additions in every block of the encoder, which change nothing yet: B is zero, A uniform in
 * ±1/√in as PyTorch's linear layers begin.
 * @throws AppError `usage` for a rank that is no whole number from 1 up to the width
 */
export function withLora(
  weights: WeightData,
  config: Pick<SpectralGptConfig, 'embedDim' | 'depth'>,
  { rank, alpha }: Lora,
  seed: number,
): WeightData {
  const { embedDim, depth } = config;
  if (!Number.isSafeInteger(rank) || rank < 1 || rank > embedDim)
    throw new AppError(
      'usage',
      `The rank is ${rank}; it must be a whole number from 1 to the width of ${embedDim}.`,
      { rank },
    );
  const added = adaptedPaths(depth).flatMap((path): readonly (readonly [string, Entry])[] => {
    const random = createRandom(seed, 'low-rank adaptation', path);
    const bound = 1 / Math.sqrt(embedDim);
    const down = Float32Array.from(
      { length: rank * embedDim },
      () => bound * (2 * random.uniform() - 1),
    );
    return [
      [`${path}.${parts.a}`, { shape: [rank, embedDim], values: down }],
      [
        `${path}.${parts.b}`,
        { shape: [embedDim, rank], values: new Float32Array(embedDim * rank) },
      ],
      [`${path}.${parts.scale}`, { shape: [1], values: Float32Array.of(alpha / rank) }],
    ];
  });
  return new Map([...weights, ...added]);
}

type Entry = { readonly shape: readonly number[]; readonly values: Float32Array };

const adaptedPaths = (depth: number): readonly string[] =>
  Array.from({ length: depth }, (_, i) =>
    ['q', 'v'].map((name) => `blocks.${i}.attn.${name}`),
  ).flat();

/** Plain weights that give the same results: the additions go into what they were added to. Others stay as they are. */
export function mergeLora(weights: WeightData): WeightData {
  const plain = new Map<string, Entry>();
  for (const [path, entry] of weights) {
    if (isLora(path) || isLoraScale(path)) continue;
    const layer = path.replace(/\.weight$/, '');
    const [a, b, scale] = [parts.a, parts.b, parts.scale].map((part) =>
      weights.get(`${layer}.${part}`),
    );
    plain.set(
      path,
      a && b && scale && layer !== path ? merged(entry, a, b, scale.values[0]!) : entry,
    );
  }
  return plain;
}

function merged({ shape, values }: Entry, a: Entry, b: Entry, scale: number): Entry {
  const [out = 0, inner = 0] = shape;
  const [rank = 0] = a.shape;
  const sum = values.slice();
  for (let row = 0; row < out; row++)
    for (let r = 0; r < rank; r++) {
      const factor = scale * b.values[row * rank + r]!;
      for (let i = 0; i < inner; i++) sum[row * inner + i]! += factor * a.values[r * inner + i]!;
    }
  return { shape, values: sum };
}
