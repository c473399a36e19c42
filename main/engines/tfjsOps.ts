import type { ConvolutionOptions, FusedOps, Ops, PoolOptions, Shape } from '../../app/model/ops.ts';
import type { Tensor, Tfjs } from './tfjs.ts';

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
    ...fused,
  };
}

function elementwise(tf: Tfjs) {
  return {
    add: (a: Tensor, b: Tensor): Tensor => tf.add(a, b),
    subtract: (a: Tensor, b: Tensor): Tensor => tf.sub(a, b),
    multiply: (a: Tensor, b: Tensor): Tensor => tf.mul(a, b),
    divide: (a: Tensor, b: Tensor): Tensor => tf.div(a, b),
    maximum: (a: Tensor, b: Tensor): Tensor => tf.maximum(a, b),
    exp: (x: Tensor): Tensor => tf.exp(x),
    log: (x: Tensor): Tensor => tf.log(x),
    sqrt: (x: Tensor): Tensor => tf.sqrt(x),
    erf: (x: Tensor): Tensor => tf.erf(x),
    sigmoid: (x: Tensor): Tensor => tf.sigmoid(x),
  };
}

function reductions(tf: Tfjs) {
  return {
    matMul: (
      a: Tensor,
      b: Tensor,
      options: { readonly transposeA?: boolean; readonly transposeB?: boolean } = {},
    ): Tensor => tf.matMul(a, b, options.transposeA ?? false, options.transposeB ?? false),
    softmax: (x: Tensor): Tensor => tf.softmax(x),
    logSoftmax: (x: Tensor): Tensor => tf.logSoftmax(x),
    mean: (x: Tensor, axes: readonly number[], keepDimensions = false): Tensor =>
      tf.mean(x, [...axes], keepDimensions),
    sum: (x: Tensor, axes: readonly number[], keepDimensions = false): Tensor =>
      tf.sum(x, [...axes], keepDimensions),
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
    resizeBilinear: (
      x: Tensor,
      [height, width]: readonly [number, number],
      alignCorners: boolean,
    ): Tensor =>
      // Without aligned corners PyTorch samples at half-pixel centres, and so do we.
      tf.image.resizeBilinear(x as tfjsTensor4, [height, width], alignCorners, !alignCorners),
  };
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
