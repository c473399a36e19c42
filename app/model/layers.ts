import { AppError } from '../error.ts';
import type { Random } from '../random.ts';
import type { LinearLayer, Ops, SelectiveScanInput } from './ops.ts';
import type { Weights } from './weights.ts';

/** The weight at a path. @throws AppError `bad-weights` where it is missing */
export function weight<T>(weights: Weights<T>, path: string): T {
  const found = weights.get(path);
  if (found === undefined) {
    throw new AppError('bad-weights', `The weights hold no "${path}", which the network needs.`, {
      path,
    });
  }
  return found;
}

/** x (…, in) to (…, out) with `path.weight` (out, in) and, where present, `path.bias` (out), as PyTorch's Linear. */
export function linear<T>(ops: Ops<T>, weights: Weights<T>, path: string, x: T): T {
  return project(ops, x, weight(weights, `${path}.weight`), weights.get(`${path}.bias`));
}

/**
 * Outputs `from` to `from + count` of a linear layer without bias. Cutting the weights costs nothing beside cutting the
 * outputs, whose gradients would have to be padded and added up.
 */
export function linearPart<T>(
  ops: Ops<T>,
  weights: Weights<T>,
  path: string,
  x: T,
  [from, count]: readonly [from: number, count: number],
): T {
  const kernel = weight(weights, `${path}.weight`);
  const [, inner = 1] = ops.shape(kernel);
  return project(ops, x, ops.slice(kernel, [from, 0], [count, inner]));
}

/** x (…, inner) times the transpose of a kernel (out, inner), plus a bias (out). */
function project<T>(ops: Ops<T>, x: T, kernel: T, bias?: T): T {
  if (ops.linear !== undefined) return ops.linear(x, kernel, bias);
  const shape = ops.shape(x);
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  const [out = 1, inner = 1] = ops.shape(kernel);
  const flat = ops.matMul(ops.reshape(x, [rows, inner]), kernel, { transposeB: true });
  const product = ops.reshape(flat, [...shape.slice(0, -1), out]);
  return bias === undefined ? product : ops.add(product, bias);
}

/** Cuts the last dimension of x into pieces of the given sizes. */
export function split<T>(ops: Ops<T>, x: T, sizes: readonly number[]): readonly T[] {
  if (ops.split !== undefined) return ops.split(x, sizes);
  const outer = ops.shape(x).slice(0, -1);
  let from = 0;
  return sizes.map((size) => {
    const begin = [...outer.map(() => 0), from];
    from += size;
    return ops.slice(x, begin, [...outer, size]);
  });
}

/** Normalises the last dimension, then `path.weight` and `path.bias`. Variance as in PyTorch: divided by n. */
export function layerNorm<T>(
  ops: Ops<T>,
  weights: Weights<T>,
  path: string,
  x: T,
  epsilon = 1e-5,
): T {
  const [scale, shift] = [weight(weights, `${path}.weight`), weight(weights, `${path}.bias`)];
  if (ops.layerNorm !== undefined) return ops.layerNorm(x, scale, shift, epsilon);
  const axis = [ops.shape(x).length - 1];
  const centred = ops.subtract(x, ops.mean(x, axis, true));
  const variance = ops.mean(ops.multiply(centred, centred), axis, true);
  const deviation = ops.sqrt(ops.add(variance, ops.constant([epsilon], [1])));
  return ops.add(ops.multiply(ops.divide(centred, deviation), scale), shift);
}

/** x · sigmoid(x) */
export function silu<T>(ops: Ops<T>, x: T): T {
  return ops.silu === undefined ? ops.multiply(x, ops.sigmoid(x)) : ops.silu(x);
}

/** The exact form: x · Φ(x). */
export function gelu<T>(ops: Ops<T>, x: T): T {
  if (ops.gelu !== undefined) return ops.gelu(x);
  const half = ops.constant([0.5], [1]);
  const cumulative = ops.erf(ops.multiply(x, ops.constant([Math.SQRT1_2], [1])));
  return ops.multiply(ops.multiply(x, half), ops.add(cumulative, ops.constant([1], [1])));
}

/** Two linear layers with the exact GELU between them, x (…, in) to (…, out). */
export function feedForward<T>(
  ops: Ops<T>,
  weights: Weights<T>,
  [inner, outer]: readonly [inner: string, outer: string],
  x: T,
): T {
  const layer = (path: string): LinearLayer<T> => ({
    weight: weight(weights, `${path}.weight`),
    bias: weight(weights, `${path}.bias`),
  });
  if (ops.feedForward !== undefined) return ops.feedForward(x, layer(inner), layer(outer));
  return linear(ops, weights, outer, gelu(ops, linear(ops, weights, inner, x)));
}

/** Scaled dot-product attention over all rows, each head by itself; q, k, v and the result (b, n, heads · size). */
export function attend<T>(ops: Ops<T>, q: T, k: T, v: T, heads: number): T {
  if (ops.attention !== undefined) return ops.attention(q, k, v, heads);
  const [batch, count, width] = ops.shape(q) as [number, number, number];
  const size = width / heads;
  const apart = (x: T): T =>
    ops.transpose(ops.reshape(x, [batch, count, heads, size]), [0, 2, 1, 3]);
  const query = ops.multiply(apart(q), ops.constant([size ** -0.5], [1]));
  const scores = ops.matMul(query, apart(k), { transposeB: true }); // [b, heads, n, n]
  const mixed = ops.matMul(ops.softmax(scores), apart(v));
  return ops.reshape(ops.transpose(mixed, [0, 2, 1, 3]), [batch, count, width]);
}

/**
 * log(1 + exp(x)), exact in float32 to the last digits for any x: max(x, 0) + log1p(exp(−|x|)). The naive form loses
 * every digit below x = −16, which is where time steps of a state-space model start.
 */
export function softplus<T>(ops: Ops<T>, x: T): T {
  const zero = ops.constant([0], [1]);
  const magnitude = ops.maximum(x, ops.subtract(zero, x));
  const small = ops.exp(ops.subtract(zero, magnitude)); // (0, 1]
  return ops.add(ops.maximum(x, zero), log1pOfFraction(ops, small));
}

/**
 * log(1 + y) for y in [0, 1] as 2 artanh(s), s = y / (2 + y) ≤ 1/3: the odd series to s¹³ is cut off below 1e-8, and
 * unlike log(1 + y) it keeps the digits of a small y, in the gradient too.
 */
function log1pOfFraction<T>(ops: Ops<T>, y: T): T {
  const s = ops.divide(y, ops.add(y, ops.constant([2], [1])));
  const square = ops.multiply(s, s);
  let series = ops.constant([1 / 13], [1]);
  for (let order = 11; order >= 1; order -= 2) {
    series = ops.add(ops.multiply(series, square), ops.constant([1 / order], [1]));
  }
  return ops.multiply(ops.multiply(s, ops.constant([2], [1])), series);
}

/**
 * Depthwise convolution over time that sees the present and the past only; zeros before the start. x (b, l, d),
 * `path.weight` (d, 1, k) whose last index meets the present step, `path.bias` (d).
 */
export function causalConv1d<T>(ops: Ops<T>, weights: Weights<T>, path: string, x: T): T {
  const [batch = 1, length = 1, channels = 1] = ops.shape(x);
  const columns = causalKernel(ops, weights, path);
  const [taps = 1] = ops.shape(columns);
  const bias = weight(weights, `${path}.bias`);
  if (ops.causalConv1d !== undefined) return ops.causalConv1d(x, columns, bias);
  const padded = ops.pad(x, [
    [0, 0],
    [taps - 1, 0],
    [0, 0],
  ]);
  let sum = bias;
  for (let tap = 0; tap < taps; tap++) {
    const shifted = ops.slice(padded, [0, tap, 0], [batch, length, channels]);
    const column = ops.reshape(ops.slice(columns, [tap, 0], [1, channels]), [channels]);
    sum = ops.add(ops.multiply(shifted, column), sum);
  }
  return sum;
}

/** `path.weight` (d, 1, k) of a causal convolution as (k, d). */
export function causalKernel<T>(ops: Ops<T>, weights: Weights<T>, path: string): T {
  const kernel = weight(weights, `${path}.weight`);
  const [channels = 1, , taps = 1] = ops.shape(kernel);
  return ops.transpose(ops.reshape(kernel, [channels, taps]), [1, 0]);
}

/** The selective scan: the engine's own where it has one, else `selectiveScanReference`. Shapes: `SelectiveScanInput`. */
export function selectiveScan<T>(ops: Ops<T>, input: SelectiveScanInput<T>): T {
  return ops.selectiveScan === undefined
    ? selectiveScanReference(ops, input)
    : ops.selectiveScan(input);
}

/** The selective scan as its recurrence, step by step: what every fast version is compared with. Result (b, l, d). */
export function selectiveScanReference<T>(ops: Ops<T>, input: SelectiveScanInput<T>): T {
  const [batch = 1, length = 1, channels = 1] = ops.shape(input.u);
  const states = ops.shape(input.A)[1] ?? 1;
  const biased = input.dtBias === undefined ? input.dtRaw : ops.add(input.dtRaw, input.dtBias);
  const dt = softplus(ops, biased); // [b, l, d]
  const decays = steps(ops, dt, [batch, channels, 1]);
  const drives = steps(ops, ops.multiply(dt, input.u), [batch, channels, 1]);
  const into = steps(ops, input.B, [batch, 1, states]);
  const outOf = steps(ops, input.C, [batch, 1, states]);
  let state: T | undefined; // [b, d, n]
  const outputs: T[] = [];
  for (let t = 0; t < length; t++) {
    const driven = ops.multiply(drives[t]!, into[t]!);
    const decay = ops.exp(ops.multiply(decays[t]!, input.A));
    state = state === undefined ? driven : ops.add(ops.multiply(decay, state), driven);
    const y = ops.sum(ops.multiply(state, outOf[t]!), [2]);
    outputs.push(ops.reshape(y, [batch, 1, channels]));
  }
  const scanned = ops.concat(outputs, 1);
  const skipped =
    input.D === undefined ? scanned : ops.add(scanned, ops.multiply(input.u, input.D));
  return input.z === undefined ? skipped : ops.multiply(skipped, silu(ops, input.z));
}

/** x (b, l, c) as l tensors of `shape`. By halves, so that the gradient costs l·log(l) and not l². */
function steps<T>(ops: Ops<T>, x: T, shape: readonly number[]): T[] {
  const [batch = 1, length = 1, channels = 1] = ops.shape(x);
  if (length === 1) return [ops.reshape(x, shape)];
  const half = length >> 1;
  const first = ops.slice(x, [0, 0, 0], [batch, half, channels]);
  const second = ops.slice(x, [0, half, 0], [batch, length - half, channels]);
  return [...steps(ops, first, shape), ...steps(ops, second, shape)];
}

/** x (b, l, c) with its second dimension in reverse order, as a product with a permutation. */
export function reverseTime<T>(ops: Ops<T>, x: T): T {
  const [batch = 1, length = 1, channels = 1] = ops.shape(x);
  const permutation = new Float32Array(length * length);
  for (let t = 0; t < length; t++) permutation[t * length + (length - 1 - t)] = 1;
  const timeFirst = ops.reshape(ops.transpose(x, [1, 0, 2]), [length, batch * channels]);
  const reversed = ops.matMul(ops.constant(permutation, [length, length]), timeFirst);
  return ops.transpose(ops.reshape(reversed, [length, batch, channels]), [1, 0, 2]);
}

/** Puts a share `rate` of x to zero in training and scales the rest up; nothing without `random`. */
export function dropout<T>(ops: Ops<T>, x: T, rate: number, random: Random | undefined): T {
  if (random === undefined || rate === 0) return x;
  const shape = ops.shape(x);
  const mask = new Float32Array(shape.reduce((product, size) => product * size, 1));
  for (let i = 0; i < mask.length; i++) mask[i] = random.uniform() < rate ? 0 : 1 / (1 - rate);
  return ops.multiply(x, ops.constant(mask, shape));
}
