import type { ConvolutionOptions, FusedOps, Ops, PoolOptions, Shape } from '../../app/model/ops.ts';
import type { Tensor, Tfjs } from './tfjs.ts';
import { recomputed } from './tfjsTape.ts';

/**
 * The model operations over tfjs, on whichever backend is set. Tensors belong to the tfjs scope (`tidy`) in which they
 * are made. `fused` adds the operations that the backend has in one piece.
 */
export function createTfjsOps(tf: Tfjs, fused: FusedOps<Tensor> = {}): Ops<Tensor> {
  return {
    constant: (values, shape) => tf.tensor(values, [...shape]),
    shape: (x) => x.shape,
    ...elementwise(tf),
    ...reductions(tf),
    ...layout(tf),
    ...images(tf),
    scoped: (body) => tf.tidy(body),
    recomputed: (inputs, body) => recomputed(tf, inputs, body),
    ...fused,
  };
}

function elementwise(tf: Tfjs) {
  return {
    add: (a: Tensor, b: Tensor): Tensor => tf.add(a, b),
    subtract: (a: Tensor, b: Tensor): Tensor => tf.sub(a, b),
    multiply: (a: Tensor, b: Tensor): Tensor => tf.mul(a, b),
    divide: (a: Tensor, b: Tensor): Tensor => tf.div(a, b),
    maximum: (a: Tensor, b: Tensor): Tensor => maximum(tf, a, b),
    exp: (x: Tensor): Tensor => tf.exp(x),
    log: (x: Tensor): Tensor => tf.log(x),
    sqrt: (x: Tensor): Tensor => tf.sqrt(x),
    erf: (x: Tensor): Tensor => tf.erf(x),
    sigmoid: (x: Tensor): Tensor => tf.sigmoid(x),
  };
}

function reductions(tf: Tfjs) {
  return {
    matMul: (a: Tensor, b: Tensor, options: Transposes = {}): Tensor => product(tf, a, b, options),
    softmax: (x: Tensor): Tensor => tf.softmax(x),
    logSoftmax: (x: Tensor): Tensor => tf.logSoftmax(x),
    mean: (x: Tensor, axes: readonly number[], keepDimensions = false): Tensor =>
      reduced(tf, 'mean', x, axes, keepDimensions),
    sum: (x: Tensor, axes: readonly number[], keepDimensions = false): Tensor =>
      reduced(tf, 'sum', x, axes, keepDimensions),
  };
}

function layout(tf: Tfjs) {
  return {
    reshape: (x: Tensor, shape: Shape): Tensor => tf.reshape(x, [...shape]),
    transpose: (x: Tensor, permutation: readonly number[]): Tensor =>
      tf.transpose(x, [...permutation]),
    slice: (x: Tensor, begin: readonly number[], size: readonly number[]): Tensor =>
      tf.slice(x, [...begin], [...size]),
    concat: (xs: readonly Tensor[], axis: number): Tensor => tf.concat([...xs], axis),
    gatherRows: (x: Tensor, rows: Int32Array, count: number): Tensor =>
      gatherRows(tf, x, rows, count),
    pad: (x: Tensor, paddings: readonly (readonly [before: number, after: number])[]): Tensor =>
      tf.pad(
        x,
        paddings.map(([before, after]): [number, number] => [before, after]),
      ),
  };
}

function images(tf: Tfjs) {
  return {
    conv2d: (x: Tensor, kernel: Tensor, options: ConvolutionOptions): Tensor =>
      convolve(tf, x as tfjsTensor4, kernel as tfjsTensor4, options),
    maxPool: (x: Tensor, { size, stride }: PoolOptions): Tensor =>
      tf.maxPool(x as tfjsTensor4, size, stride, 'valid'),
    averagePool: (x: Tensor, { size, stride }: PoolOptions): Tensor =>
      tf.avgPool(x as tfjsTensor4, size, stride, 'valid'),
    resizeBilinear: (x: Tensor, size: readonly [number, number], alignCorners: boolean): Tensor =>
      resizeBilinear(tf, x as tfjsTensor4, size, alignCorners),
  };
}

/** tfjs' own gradient of `gather` needs a kernel that its WASM backend lacks; both sum rows that are named again. */
function gatherRows(tf: Tfjs, x: Tensor, rows: Int32Array, count: number): Tensor {
  const [batch, n, width] = x.shape as [number, number, number];
  const flat = rows.map((row, i) => Math.floor(i / count) * n + row);
  const gather = tf.customGrad((table) => ({
    value: tf.gather(table as Tensor, tf.tensor1d(flat, 'int32')),
    gradFunc: (dy: Tensor) =>
      tf.scatterND(tf.tensor2d(flat, [flat.length, 1], 'int32'), dy, [batch * n, width]),
  }));
  return tf.reshape(gather(tf.reshape(x, [batch * n, width])), [batch, count, width]);
}

/**
 * A sum or mean over axes, differentiated by one spreading of the gradient: tfjs' own multiplies a tensor of ones, and of a mean divides
 * it too, each in the size of the input.
 */
function reduced(
  tf: Tfjs,
  kind: 'mean' | 'sum',
  x: Tensor,
  axes: readonly number[],
  keepDimensions: boolean,
): Tensor {
  const kept = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const each = (dy: Tensor): Tensor => (kind === 'mean' ? tf.div(dy, x.size / dy.size) : dy);
  return tf.customGrad((input) => ({
    value: tf[kind](input as Tensor, [...axes], keepDimensions),
    gradFunc: (dy: Tensor) => tf.broadcastTo(tf.reshape(each(dy), kept), x.shape),
  }))(x);
}

type Transposes = { readonly transposeA?: boolean; readonly transposeB?: boolean };

/** tfjs' gradient of `maximum` forgets that its inputs were broadcast, hence the same shape for both beforehand. */
function maximum(tf: Tfjs, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShape(a.shape, b.shape);
  return tf.maximum(tf.broadcastTo(a, shape), tf.broadcastTo(b, shape));
}

/** Likewise its gradient of a product whose batch dimensions differ. */
function product(tf: Tfjs, a: Tensor, b: Tensor, options: Transposes): Tensor {
  const { transposeA = false, transposeB = false } = options;
  const [batchA, batchB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const same = batchA.join() === batchB.join();
  if (!same && batchB.length === 0 && !transposeA) {
    // One matrix for the whole batch: a single tall product.
    const inner = a.shape.at(-1)!;
    const flat = tf.matMul(tf.reshape(a, [-1, inner]), b, false, transposeB);
    return tf.reshape(flat, [...a.shape.slice(0, -1), flat.shape[1]!]);
  }
  if (same) return tf.matMul(a, b, transposeA, transposeB);
  const batch = broadcastShape(batchA, batchB);
  const spread = (x: Tensor): Tensor => tf.broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  return tf.matMul(spread(a), spread(b), transposeA, transposeB);
}

/** The common shape of two operands, as NumPy finds it. */
function broadcastShape(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const at = (shape: Shape, i: number): number => shape[shape.length - rank + i] ?? 1;
  return Array.from({ length: rank }, (_, i) => (at(a, i) === 1 ? at(b, i) : at(a, i)));
}

/**
 * tfjs' own kernel forward; backward by products with the transposed interpolation matrices, because tfjs' gradient
 * knows no half-pixel centres.
 */
function resizeBilinear(
  tf: Tfjs,
  image: tfjsTensor4,
  [height, width]: readonly [number, number],
  alignCorners: boolean,
): Tensor {
  const [, rows = 1, columns = 1] = image.shape;
  const resize = tf.customGrad((x) => ({
    // Without aligned corners PyTorch samples at half-pixel centres, and so do we.
    value: tf.image.resizeBilinear(x as tfjsTensor4, [height, width], alignCorners, !alignCorners),
    gradFunc: (dy: Tensor) => {
      const vertical = tf.tensor(interpolation(rows, height, alignCorners), [height, rows]);
      const horizontal = tf.tensor(interpolation(columns, width, alignCorners), [width, columns]);
      const alongRows = product(tf, tf.transpose(dy, [0, 3, 1, 2]), horizontal, {}); // [b, c, H, w]
      const both = product(tf, tf.transpose(alongRows, [0, 1, 3, 2]), vertical, {}); // [b, c, w, h]
      return tf.transpose(both, [0, 3, 2, 1]);
    },
  }));
  return resize(image);
}

/** (to, from): the shares of the source pixels in each target pixel. */
function interpolation(from: number, to: number, alignCorners: boolean): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const exact = alignCorners
      ? (i * (from - 1)) / Math.max(1, to - 1)
      : Math.max(0, ((i + 0.5) * from) / to - 0.5);
    const low = Math.min(Math.floor(exact), from - 1);
    const share = Math.min(exact - low, 1);
    matrix[i * from + low]! += 1 - share;
    matrix[i * from + Math.min(low + 1, from - 1)]! += share;
  }
  return matrix;
}

type tfjsTensor4 = ReturnType<Tfjs['tensor4d']>;

function convolve(
  tf: Tfjs,
  x: tfjsTensor4,
  kernel: tfjsTensor4,
  { stride, padding, groups = 1 }: ConvolutionOptions,
): Tensor {
  const padded =
    padding === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [padding, padding],
          [padding, padding],
          [0, 0],
        ]);
  if (groups === 1) return tf.conv2d(padded, kernel, stride, 'valid');
  const [height, width, inner, outer] = kernel.shape;
  const channels = x.shape[3];
  if (groups === channels && inner === 1) {
    // Output channel o belongs to group floor(o / multiplier): exactly the order of a depthwise kernel.
    const depthwise = tf.reshape(kernel, [height, width, channels, outer / channels]);
    return tf.depthwiseConv2d(padded, depthwise as tfjsTensor4, stride, 'valid');
  }
  const parts = Array.from({ length: groups }, (_, group) =>
    tf.conv2d(
      tf.slice(padded, [0, 0, 0, group * inner], [-1, -1, -1, inner]),
      tf.slice(kernel, [0, 0, 0, (group * outer) / groups], [-1, -1, -1, outer / groups]),
      stride,
      'valid',
    ),
  );
  return tf.concat(parts, 3);
}
