// SpectralMamba (Yao, Hong, Li, Chanussot 2024, arXiv 2404.08489), re-implemented from the paper's description: a pixel's
// spectrum is cut into pieces that are scanned side by side by a selective state-space block.
//
// Glossary. C bands · K classes · R pieces · L = ⌈C/R⌉ steps · d width · di = expand·d inner channels · N states ·
// r rank of the time step · k taps of the causal convolution · GSSM gated spatial-spectral merging · PSS piece-wise
// sequential scanning.
import { AppError } from '../error.ts';
import { createRandom, type Random } from '../random.ts';
import type { ModelFamily } from './family.ts';
import {
  causalConv1d,
  causalKernel,
  dropout,
  layerNorm,
  linear,
  linearPart,
  reverseTime,
  selectiveScan,
  silu,
  split,
  weight,
} from './layers.ts';
import type { MambaMixerWeights, Ops } from './ops.ts';
import type { WeightData, WeightShapes, Weights } from './weights.ts';

/** Every size and choice of the network. */
export type SpectralMambaConfig = {
  /** C */
  readonly bands: number;
  /** K */
  readonly classes: number;
  /** Side of the neighbourhood: 1 = the pixel's spectrum alone, 3 = with its eight neighbours through GSSM. */
  readonly patch: 1 | 3;
  /** R */
  readonly pieces: number;
  /** d */
  readonly width: number;
  readonly depth: number;
  readonly expand: number;
  /** N */
  readonly states: number;
  /** k */
  readonly kernel: number;
  /** r */
  readonly timeRank: number;
  readonly gssm: 'sum' | 'mean';
  readonly pooling: 'mean' | 'last';
  /** Not in the paper: `both` scans from either end, with separate weights, and adds the two. */
  readonly direction: 'forward' | 'both';
  /** Not in the paper: rows of numbers per spectrum (e.g. the spectrum and its slope); each is cut into R pieces. */
  readonly views: number;
  /** Not in the paper: share of pooled features put to zero in training. */
  readonly dropout: number;
};

/** The paper's network for given bands and classes, with any field replaced. */
export function spectralMambaConfig(
  fixed: Pick<SpectralMambaConfig, 'bands' | 'classes'> & Partial<SpectralMambaConfig>,
): SpectralMambaConfig {
  const width = fixed.width ?? 32;
  return {
    patch: 1,
    pieces: 4,
    width,
    depth: 1,
    expand: 2,
    states: 16,
    kernel: 4,
    timeRank: Math.ceil(width / 16),
    gssm: 'sum',
    pooling: 'mean',
    direction: 'forward',
    views: 1,
    dropout: 0,
    ...fixed,
  };
}

/** What a caller may ask of a forward pass beyond the logits. */
export type ForwardOptions<T> = {
  /** Present in training. */
  readonly random?: Random | undefined;
  /** Called with each intermediate result by name: gssm (b, C), embed and mixers.i (b, L, d), norm_f (b, L, d). */
  readonly observe?: (name: string, value: T) => void;
};

/** Logits (b, K) of input (b, C), (b, views, C) or, with patch 3, (b, C, 3, 3). */
export function spectralMambaForward<T>(
  ops: Ops<T>,
  weights: Weights<T>,
  config: SpectralMambaConfig,
  input: T,
  options: ForwardOptions<T> = {},
): T {
  const observe = options.observe ?? (() => {});
  const spectrum = config.patch === 3 ? mergeNeighbours(ops, weights, config, input) : input;
  if (config.patch === 3) observe('gssm', spectrum);
  let h = linear(ops, weights, 'embed', cutIntoPieces(ops, spectrum, config)); // [b, L, d]
  observe('embed', h);
  for (let i = 0; i < config.depth; i++) {
    const normed = layerNorm(ops, weights, `norms.${i}`, h);
    let mixed = mambaMixer(ops, weights, `mixers.${i}`, normed);
    if (config.direction === 'both') {
      const back = mambaMixer(ops, weights, `back_mixers.${i}`, reverseTime(ops, normed));
      mixed = ops.add(mixed, reverseTime(ops, back));
    }
    observe(`mixers.${i}`, mixed);
    h = ops.add(h, mixed);
  }
  const normed = layerNorm(ops, weights, 'norm_f', h);
  observe('norm_f', normed);
  const pooled = dropout(ops, pool(ops, normed, config), config.dropout, options.random);
  return linear(ops, weights, 'head', pooled);
}

/** GSSM: X (b, C, 3, 3) to (b, C), the neighbourhood weighted by a mask in (0, 1) that a small network makes of it. */
export function mergeNeighbours<T>(
  ops: Ops<T>,
  weights: Weights<T>,
  config: SpectralMambaConfig,
  patches: T,
): T {
  const [batch = 1, bands = 1] = ops.shape(patches);
  const flat = ops.reshape(patches, [batch, bands, 9]);
  const kernels = ops.reshape(weight(weights, 'gssm.dw.weight'), [bands, 9]);
  // A zero-padded 3×3 convolution of a 3×3 patch is a 9×9 matrix a band, made of the nine taps: plain matrix products.
  const matrices = ops.reshape(ops.matMul(kernels, ops.constant(tapsToMatrix(), [9, 81])), [
    bands,
    9,
    9,
  ]);
  const convolved = ops.matMul(ops.transpose(flat, [1, 0, 2]), matrices); // [C, b, 9]
  const bias = ops.reshape(weight(weights, 'gssm.dw.bias'), [bands, 1, 1]);
  const bandsLast = ops.reshape(ops.transpose(ops.add(convolved, bias), [1, 2, 0]), [
    batch * 9,
    bands,
  ]);
  const pointwise = ops.reshape(weight(weights, 'gssm.pw.weight'), [bands, bands]);
  const mixed = ops.matMul(bandsLast, pointwise, { transposeB: true });
  const mask = ops.sigmoid(ops.add(mixed, weight(weights, 'gssm.pw.bias')));
  const gated = ops.multiply(ops.reshape(mask, [batch, 9, bands]), ops.transpose(flat, [0, 2, 1]));
  return config.gssm === 'sum' ? ops.sum(gated, [1]) : ops.mean(gated, [1]);
}

/** (9 taps, 9 inputs × 9 outputs): entry 1 where the tap leads from the input pixel to the output pixel. */
function tapsToMatrix(): Float32Array {
  const table = new Float32Array(9 * 81);
  for (let output = 0; output < 9; output++) {
    for (let input = 0; input < 9; input++) {
      const dy = Math.floor(input / 3) - Math.floor(output / 3) + 1;
      const dx = (input % 3) - (output % 3) + 1;
      if (dy < 0 || dy > 2 || dx < 0 || dx > 2) continue;
      table[(dy * 3 + dx) * 81 + input * 9 + output] = 1;
    }
  }
  return table;
}

/** PSS: (b, [views,] C) to (b, L, views·R): step t holds band t of every piece. The last band fills up the last piece. */
export function cutIntoPieces<T>(ops: Ops<T>, spectrum: T, config: SpectralMambaConfig): T {
  const { bands, pieces, views } = config;
  const length = Math.ceil(bands / pieces);
  const batch = ops.shape(spectrum)[0] ?? 1;
  let rows = ops.reshape(spectrum, [batch * views, bands]);
  const missing = length * pieces - bands;
  if (missing > 0) {
    const last = ops.slice(rows, [0, bands - 1], [batch * views, 1]);
    rows = ops.concat([rows, ...Array.from({ length: missing }, () => last)], 1);
  }
  return ops.transpose(ops.reshape(rows, [batch, views * pieces, length]), [0, 2, 1]);
}

/** One Mamba block (Gu and Dao 2023) without norm and residual, v (b, L, d) to (b, L, d). */
export function mambaMixer<T>(ops: Ops<T>, weights: Weights<T>, path: string, v: T): T {
  const whole = ops.mambaMixer?.(v, () => mixerWeights(ops, weights, path));
  if (whole !== undefined) return whole;
  const logA = weight(weights, `${path}.A_log`);
  const [inner = 1, states = 1] = ops.shape(logA);
  const u0 = linearPart(ops, weights, `${path}.in_proj`, v, [0, inner]); // [b, L, di]
  const z = linearPart(ops, weights, `${path}.in_proj`, v, [inner, inner]);
  const u = silu(ops, causalConv1d(ops, weights, `${path}.conv1d`, u0));
  const parts = linear(ops, weights, `${path}.x_proj`, u); // [b, L, r + 2N]
  const rank = (ops.shape(parts)[2] ?? 1) - 2 * states;
  const [step, B, C] = split(ops, parts, [rank, states, states]) as readonly [T, T, T];
  const timeStep = new Map([['dt.weight', weight(weights, `${path}.dt_proj.weight`)]]);
  const scanned = selectiveScan(ops, {
    u,
    dtRaw: linear(ops, timeStep, 'dt', step),
    A: ops.subtract(ops.constant([0], [1]), ops.exp(logA)),
    B,
    C,
    D: weight(weights, `${path}.D`),
    z,
    dtBias: weight(weights, `${path}.dt_proj.bias`),
  });
  return linear(ops, weights, `${path}.out_proj`, scanned);
}

function mixerWeights<T>(ops: Ops<T>, weights: Weights<T>, path: string): MambaMixerWeights<T> {
  const own = (name: string): T => weight(weights, `${path}.${name}`);
  return {
    inProj: own('in_proj.weight'),
    kernel: causalKernel(ops, weights, `${path}.conv1d`),
    kernelBias: own('conv1d.bias'),
    xProj: own('x_proj.weight'),
    dtProj: own('dt_proj.weight'),
    dtBias: own('dt_proj.bias'),
    logA: own('A_log'),
    skip: own('D'),
    outProj: own('out_proj.weight'),
  };
}

function pool<T>(ops: Ops<T>, h: T, config: SpectralMambaConfig): T {
  if (config.pooling === 'mean') return ops.mean(h, [1]);
  const [batch = 1, length = 1, width = 1] = ops.shape(h);
  return ops.reshape(ops.slice(h, [0, length - 1, 0], [batch, 1, width]), [batch, width]);
}

function weightShapes(config: SpectralMambaConfig): WeightShapes {
  const { bands, width, states, timeRank, kernel, classes } = config;
  const inner = config.expand * width;
  const shapes: [string, readonly number[]][] = [];
  if (config.patch === 3) {
    shapes.push(['gssm.dw.weight', [bands, 1, 3, 3]], ['gssm.dw.bias', [bands]]);
    shapes.push(['gssm.pw.weight', [bands, bands, 1, 1]], ['gssm.pw.bias', [bands]]);
  }
  shapes.push(['embed.weight', [width, config.views * config.pieces]], ['embed.bias', [width]]);
  for (let i = 0; i < config.depth; i++) {
    shapes.push([`norms.${i}.weight`, [width]], [`norms.${i}.bias`, [width]]);
  }
  for (const mixers of config.direction === 'both' ? ['mixers', 'back_mixers'] : ['mixers']) {
    for (let i = 0; i < config.depth; i++) {
      const path = `${mixers}.${i}`;
      shapes.push([`${path}.A_log`, [inner, states]], [`${path}.D`, [inner]]);
      shapes.push([`${path}.in_proj.weight`, [2 * inner, width]]);
      shapes.push([`${path}.conv1d.weight`, [inner, 1, kernel]], [`${path}.conv1d.bias`, [inner]]);
      shapes.push([`${path}.x_proj.weight`, [timeRank + 2 * states, inner]]);
      shapes.push([`${path}.dt_proj.weight`, [inner, timeRank]], [`${path}.dt_proj.bias`, [inner]]);
      shapes.push([`${path}.out_proj.weight`, [width, inner]]);
    }
  }
  shapes.push(['norm_f.weight', [width]], ['norm_f.bias', [width]]);
  shapes.push(['head.weight', [classes, width]], ['head.bias', [classes]]);
  return new Map(shapes);
}

function initialWeights(config: SpectralMambaConfig, seed: number): WeightData {
  const shapes = weightShapes(config);
  const data = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  for (const [path, shape] of shapes) {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    const random = createRandom(seed, 'initial weights', path);
    for (let i = 0; i < values.length; i++) values[i] = initialValue(path, i, shapes, random);
    data.set(path, { shape, values });
  }
  return data;
}

/** Mamba's own start for A, D and the time step, ones and zeros for norms, PyTorch's U(±1/√fan-in) for the rest. */
function initialValue(path: string, i: number, shapes: WeightShapes, random: Random): number {
  const shape = shapes.get(path) ?? [];
  if (path.endsWith('.A_log')) return Math.log((i % (shape[1] ?? 1)) + 1);
  if (path.endsWith('.D')) return 1;
  if (path.startsWith('norm')) return path.endsWith('.weight') ? 1 : 0;
  if (path.endsWith('.dt_proj.bias')) {
    const [low, high] = [Math.log(0.001), Math.log(0.1)];
    const step = Math.max(Math.exp(low + (high - low) * random.uniform()), 1e-4);
    return step + Math.log(-Math.expm1(-step)); // softplus⁻¹
  }
  const [, ...inputs] = shapes.get(path.replace(/\.bias$/, '.weight')) ?? shape;
  const fanIn = inputs.reduce((product, size) => product * size, 1);
  return (2 * random.uniform() - 1) / Math.sqrt(fanIn);
}

/** @throws AppError `usage` for sizes that make no network */
export function checkSpectralMambaConfig(config: SpectralMambaConfig): void {
  const sizes = [config.bands, config.classes, config.pieces, config.width, config.depth];
  sizes.push(config.expand, config.states, config.kernel, config.timeRank, config.views);
  const whole = sizes.every((size) => Number.isSafeInteger(size) && size >= 1);
  const patch = config.patch === 1 || (config.patch === 3 && config.views === 1);
  if (whole && patch && config.pieces <= config.bands) return;
  throw new AppError(
    'usage',
    `This SpectralMamba cannot be built: ${config.bands} bands in ${config.pieces} pieces, width ${config.width}, depth ${config.depth}, patch ${config.patch}, views ${config.views}. Sizes are whole numbers from 1, patch is 1 or 3 (3 with one view), and there are no more pieces than bands.`,
    { config },
  );
}

/** The family as engines, training and files know it. */
export const spectralMamba: ModelFamily<SpectralMambaConfig> = {
  id: 'spectralmamba',
  weightShapes,
  initialWeights,
  inputShape: ({ bands, patch, views }) =>
    patch === 3 ? [bands, 3, 3] : views === 1 ? [bands] : [views, bands],
  forward: (ops, weights, config, input, random) =>
    spectralMambaForward(ops, weights, config, input, { random }),
  // Decay on A, D or the time step's bias would change the time scales; norms and biases gain nothing from it.
  decays: (path) => path.endsWith('.weight') && !path.startsWith('norm'),
};
