import type { Random } from '../../random.ts';
import { attend, feedForward, layerNorm, linear, weight } from '../layers.ts';
import type { Ops } from '../ops.ts';
import type { Weights } from '../weights.ts';
import { type SpectralGptConfig, tokenGrid } from './configuration.ts';

/** Called with each intermediate result by name, as the reference names them. */
export type Observe<T> = (name: string, value: T) => void;

/** Operations, weights and choices that all parts of one forward pass share. */
export type Pass<T, Config = SpectralGptConfig> = {
  readonly ops: Ops<T>;
  readonly weights: Weights<T>;
  readonly config: Config;
  /** Present in training: for drop path and dropout. */
  readonly random?: Random | undefined;
  readonly observe?: Observe<T> | undefined;
  /**
   * Gradient checkpointing (Chen et al. 2016): keeps each block's input only for the gradient and runs the block again in
   * backward, for a third more work. Nothing is observed inside the blocks then.
   */
  readonly recomputeBlocks?: boolean | undefined;
};

/** What the blocks of an encoder need to know of it. */
export type BlockSizes = Pick<SpectralGptConfig, 'depth' | 'heads' | 'dropPath'>;

/** What a block needs of a pass. */
type Part<T> = Pick<Pass<T, unknown>, 'ops' | 'weights' | 'observe'>;

/** Layer normalisation's epsilon throughout. */
export const normEpsilon = 1e-6;

/**
 * Cells of an image (b, bands, S, S) as rows (b, tokens, spectralPatch · patch²), spectral group slowest, then row, then
 * column; inside a cell band, y, x.
 */
export function cutIntoCells<T>({ ops, config }: Pass<T>, image: T): T {
  const { bands, spectralPatch, patch } = config;
  const { groups, side, tokens } = tokenGrid(config);
  const batch = ops.shape(image)[0]!;
  const apart = ops.reshape(image, [batch * groups, spectralPatch, side, patch, side, patch]);
  const cells = ops.transpose(apart, [0, 2, 4, 1, 3, 5]);
  return ops.reshape(cells, [batch, tokens, (bands / groups) * patch * patch]);
}

/** The convolution with stride = kernel as what it is: a linear layer over cells. (b, tokens, D) */
export function embedCells<T>(pass: Pass<T>, cells: T): T {
  const { ops, weights } = pass;
  const kernel = weight(weights, 'patch_embed.proj.weight');
  const [width, ...cell] = ops.shape(kernel);
  const flat = ops.reshape(kernel, [width!, cell.reduce((product, size) => product * size, 1)]);
  const table = new Map([
    ['proj.weight', flat],
    ['proj.bias', weight(weights, 'patch_embed.proj.bias')],
  ]);
  const tokens = linear(ops, table, 'proj', cells);
  pass.observe?.('patch_embed', tokens);
  return tokens;
}

/** Position of every token, (1, tokens, width); `prefix` is empty or `decoder_`. */
export function positions<T>({ ops, weights, config }: Pass<T>, prefix: '' | 'decoder_'): T {
  if (!config.separablePositions && prefix === '') return weight(weights, 'pos_embed');
  const { groups, side, tokens } = tokenGrid(config);
  const spatial = weight(weights, `${prefix}pos_embed_spatial`);
  const width = ops.shape(spatial)[2]!;
  const spectral = weight(weights, `${prefix}pos_embed_temporal`);
  const sum = ops.add(
    ops.reshape(spatial, [1, side * side, width]),
    ops.reshape(spectral, [groups, 1, width]),
  );
  return ops.reshape(sum, [1, tokens, width]);
}

type BlockOptions<T> = {
  readonly heads: number;
  /** What the two branches are multiplied by, sample by sample; nothing outside training. */
  readonly branches: readonly (T | undefined)[];
};

/** A block in training or not, x (b, n, width) to the same. `dropPath` is this block's probability. */
export function block<T>(
  pass: Pass<T, unknown>,
  path: string,
  x: T,
  { heads, dropPath }: { readonly heads: number; readonly dropPath: number },
): T {
  const { ops, weights, observe } = pass;
  // Drawn beforehand: a block that runs again in backward leaves out the same.
  const branches = [0, 1].map(() => branchFactors(pass, ops.shape(x)[0]!, dropPath));
  const options = { heads, branches };
  if (pass.recomputeBlocks === true && ops.recomputed !== undefined)
    return recomputedBlock(pass, path, x, options);
  const run = (): T => blockBody({ ops, weights, observe }, path, x, options);
  return ops.scoped === undefined || observe !== undefined ? run() : ops.scoped(run);
}

/** The same with nothing kept for the gradient but x. */
function recomputedBlock<T>(
  { ops, weights }: Pass<T, unknown>,
  path: string,
  x: T,
  { heads, branches }: BlockOptions<T>,
): T {
  const own = [...weights.keys()].filter((name) => name.startsWith(`${path}.`));
  const factors = branches.filter((factor) => factor !== undefined);
  const inputs = [x, ...factors, ...own.map((name) => weight(weights, name))];
  return ops.recomputed!(inputs, ([input, ...others]) => {
    const values = others.slice(factors.length);
    const given = new Map(own.map((name, i) => [name, values[i]!]));
    // Both branches have a factor or neither has.
    const options = { heads, branches: others.slice(0, factors.length) };
    return blockBody({ ops, weights: given }, path, input!, options);
  });
}

/** A pre-norm transformer block. */
function blockBody<T>(pass: Part<T>, path: string, x: T, { heads, branches }: BlockOptions<T>): T {
  const { ops, weights, observe } = pass;
  const name = observedName(path);
  const kept = (branch: T, i: number): T =>
    branches[i] === undefined ? branch : ops.multiply(branch, branches[i]);
  const first = layerNorm(ops, weights, `${path}.norm1`, x, normEpsilon);
  observe?.(`${name}.norm1`, first);
  const mixed = attention(pass, `${path}.attn`, first, heads);
  observe?.(`${name}.attn`, mixed);
  const between = ops.add(x, kept(mixed, 0));
  const second = layerNorm(ops, weights, `${path}.norm2`, between, normEpsilon);
  observe?.(`${name}.norm2`, second);
  const outward = feedForward(ops, weights, [`${path}.mlp.fc1`, `${path}.mlp.fc2`], second);
  observe?.(`${name}.mlp`, outward);
  return ops.add(between, kept(outward, 1));
}

/** `block3` for `blocks.3`, as the reference names what a block gives. */
const observedName = (path: string): string => path.replace('blocks.', 'block');

/** Softmax over all tokens, space and spectrum together; x (b, n, width). */
function attention<T>(pass: Part<T>, path: string, x: T, heads: number): T {
  const { ops, weights, observe } = pass;
  const query = adaptedLinear(pass, `${path}.q`, x);
  observe?.(`${observedName(path)}.q`, query);
  const key = linear(ops, weights, `${path}.k`, x);
  const mixed = attend(ops, query, key, adaptedLinear(pass, `${path}.v`, x), heads);
  return linear(ops, weights, `${path}.proj`, mixed);
}

/** A linear layer, and the low-rank addition to it where the weights hold one (`lora.ts`). */
function adaptedLinear<T>({ ops, weights }: Part<T>, path: string, x: T): T {
  const plain = linear(ops, weights, path, x);
  const down = weights.get(`${path}.lora_a`);
  if (down === undefined) return plain;
  const table = new Map([
    ['down.weight', down],
    ['up.weight', weight(weights, `${path}.lora_b`)],
  ]);
  const narrow = ops.multiply(linear(ops, table, 'down', x), weight(weights, `${path}.lora_scale`));
  return ops.add(plain, linear(ops, table, 'up', narrow));
}

/**
 * Drop path (Huang et al. 2016): leaves out a branch for whole samples and scales it up for the others. The factors
 * (b, 1, 1), or nothing where nothing is left out.
 */
function branchFactors<T>(
  { ops, random }: Pass<T, unknown>,
  batch: number,
  probability: number,
): T | undefined {
  if (random === undefined || probability === 0) return undefined;
  const kept = Float32Array.from({ length: batch }, () =>
    random.uniform() < probability ? 0 : 1 / (1 - probability),
  );
  return ops.constant(kept, [batch, 1, 1]);
}

/** All blocks of the encoder over tokens that have their positions, (b, n, D); no final norm. */
export function encode<T>(pass: Pass<T, BlockSizes>, tokens: T): T {
  const { config } = pass;
  let x = tokens;
  for (let i = 0; i < config.depth; i++) {
    const dropPath = config.depth === 1 ? 0 : (config.dropPath * i) / (config.depth - 1);
    x = block(pass, `blocks.${i}`, x, { heads: config.heads, dropPath });
    pass.observe?.(`block${i}`, x);
  }
  return x;
}

/** Tokens of an image (b, bands, S, S) after the last block, (b, tokens, D); no final norm. */
export function encodeImage<T>(pass: Pass<T>, image: T): T {
  const embedded = embedCells(pass, cutIntoCells(pass, image));
  const placed = pass.ops.add(embedded, positions(pass, ''));
  pass.observe?.('tokens_plus_pos', placed);
  return encode(pass, placed);
}
