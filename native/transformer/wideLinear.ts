import { differentiable } from '../differentiable.ts';
import type { Tensor, TensorflowBackend, Tfjs } from '../tensors.ts';

/** x (…, in) to (…, out) by a weight (out, in) and a bias (out), through TensorFlow's products. Saves x and the weight. */
export function wideLinear(
  tf: Tfjs,
  backend: TensorflowBackend,
  x: Tensor,
  weight: Tensor,
  bias?: Tensor,
): Tensor {
  return differentiable(tf, bias === undefined ? [x, weight] : [x, weight, bias], {
    forward: () => {
      const product = timesTransposed(tf, rowsOf(tf, x), weight);
      const y =
        bias === undefined
          ? product
          : backend.executeSingleOutput('PrismapAddBiasInPlace', [], [product, bias]);
      return {
        value: tf.reshape(y, [...x.shape.slice(0, -1), weight.shape[0]]),
        saved: [x, weight],
      };
    },
    backward: ([input, kernel], gradient) => {
      const rows = rowsOf(tf, gradient);
      const gradients = [
        () => tf.reshape(times(tf, rows, kernel!), input!.shape),
        () => transposedTimes(tf, rows, rowsOf(tf, input!)),
        () => sumRows(backend, rows),
      ];
      return gradients.slice(0, bias === undefined ? 2 : 3);
    },
  });
}

/** All but the last dimension as one. */
export const rowsOf = (tf: Tfjs, x: Tensor): Tensor =>
  x.shape.length === 2 ? x : tf.reshape(x, [-1, x.shape.at(-1)!]);

/** The sum of all rows of (rows, channels), (channels). */
export const sumRows = (backend: TensorflowBackend, rows: Tensor): Tensor =>
  backend.executeSingleOutput('PrismapSumRows', [], [rows]);

/** x (rows, in) times the transpose of w (out, in). */
export const timesTransposed = (tf: Tfjs, x: Tensor, w: Tensor): Tensor =>
  tf.matMul(x, w, false, true);

// oneDNN's products with a right-hand side of some widths, 3072 among them, take twice as long as the same with it transposed:
// wide ones are therefore transposed first, which costs a twentieth.

/** g (rows, out) times w (out, in). */
export function times(tf: Tfjs, g: Tensor, w: Tensor): Tensor {
  const [out, inner] = w.shape as [number, number];
  return inner > 2 * out ? tf.matMul(g, tf.transpose(w), false, true) : tf.matMul(g, w);
}

/** The transpose of g (rows, out) times x (rows, in): (out, in). */
export function transposedTimes(tf: Tfjs, g: Tensor, x: Tensor): Tensor {
  const [out, inner] = [g.shape[1]!, x.shape[1]!];
  return inner > 2 * out
    ? tf.transpose(tf.matMul(x, g, true, false))
    : tf.matMul(g, x, true, false);
}
