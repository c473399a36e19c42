import type { Random } from '../../random.ts';
import { gelu, layerNorm, linear, weight } from '../layers.ts';
import type { Ops } from '../ops.ts';
import type { Weights } from '../weights.ts';
import { type SpectralGptConfig, tokenGrid } from './configuration.ts';

/** Called with each intermediate result by name, as the reference names them. */
export type Observe<T> = (name: string, value: T) => void;

/** Operations, weights and choices that all parts of one forward pass share. */
export type Pass<T> = {
  readonly ops: Ops<T>;
  readonly weights: Weights<T>;
  readonly config: SpectralGptConfig;
  /** Present in training: for drop path and dropout. */
  readonly random?: Random | undefined;
  readonly observe?: Observe<T> | undefined;
};

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

/** One pre-norm transformer block, x (b, n, width) to the same. `dropPath` is this block's probability. */
export function block<T>(
  pass: Pass<T>,
  path: string,
  x: T,
  { heads, dropPath }: { readonly heads: number; readonly dropPath: number },
): T {
  const { ops, weights, observe } = pass;
  const name = observedName(path);
  const first = layerNorm(ops, weights, `${path}.norm1`, x, normEpsilon);
  observe?.(`${name}.norm1`, first);
  const mixed = attention(pass, `${path}.attn`, first, heads);
  observe?.(`${name}.attn`, mixed);
  const between = ops.add(x, dropSamples(pass, mixed, dropPath));
  const second = layerNorm(ops, weights, `${path}.norm2`, between, normEpsilon);
  observe?.(`${name}.norm2`, second);
  const hidden = gelu(ops, linear(ops, weights, `${path}.mlp.fc1`, second));
  const outward = linear(ops, weights, `${path}.mlp.fc2`, hidden);
  observe?.(`${name}.mlp`, outward);
  return ops.add(between, dropSamples(pass, outward, dropPath));
}

/** `block3` for `blocks.3`, as the reference names what a block gives. */
const observedName = (path: string): string => path.replace('blocks.', 'block');

/** Softmax over all tokens, space and spectrum together; x (b, n, width). */
function attention<T>(pass: Pass<T>, path: string, x: T, heads: number): T {
  const { ops, weights } = pass;
  const [batch, count, width] = ops.shape(x) as [number, number, number];
  const size = width / heads;
  const part = (name: string): T => {
    const flat = linear(ops, weights, `${path}.${name}`, x);
    if (name === 'q') pass.observe?.(`${observedName(path)}.q`, flat);
    return ops.transpose(ops.reshape(flat, [batch, count, heads, size]), [0, 2, 1, 3]);
  };
  const query = ops.multiply(part('q'), ops.constant([size ** -0.5], [1]));
  const scores = ops.matMul(query, part('k'), { transposeB: true }); // [b, heads, n, n]
  const mixed = ops.matMul(ops.softmax(scores), part('v'));
  const joined = ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [batch, count, width]);
  return linear(ops, weights, `${path}.proj`, joined);
}

/** Drop path (Huang et al. 2016): leaves out a branch for whole samples and scales it up for the others. */
function dropSamples<T>({ ops, random }: Pass<T>, branch: T, probability: number): T {
  if (random === undefined || probability === 0) return branch;
  const [batch = 1] = ops.shape(branch);
  const kept = Float32Array.from({ length: batch }, () =>
    random.uniform() < probability ? 0 : 1 / (1 - probability),
  );
  return ops.multiply(branch, ops.constant(kept, [batch, 1, 1]));
}

/** All blocks of the encoder over tokens that have their positions, (b, n, D); no final norm. */
export function encode<T>(pass: Pass<T>, tokens: T): T {
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
