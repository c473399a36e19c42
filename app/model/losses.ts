import type { Ops } from './ops.ts';

/**
 * Mean over rows of −Σ target · log softmax(logits), both (rows, classes): cross entropy of soft targets. With one weight
 * a row, the weighted mean. Result (1).
 */
export function softCrossEntropy<T>(
  ops: Ops<T>,
  logits: T,
  targets: T,
  rowWeights?: Float32Array,
): T {
  const [rows] = ops.shape(logits) as [number, number];
  const byRow = ops.sum(ops.multiply(ops.logSoftmax(logits), targets), [1]);
  const weights = rowWeights ?? new Float32Array(rows).fill(1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const shares = weights.map((weight) => (total === 0 ? 0 : -weight / total));
  return ops.reshape(ops.sum(ops.multiply(byRow, ops.constant(shares, [rows])), [0]), [1]);
}

/**
 * Cross entropy of class numbers as PyTorch's: mean over the labels that count, weighted by class. Labels outside
 * [0, classes) are left out. `logits` (rows, classes), result (1).
 */
export function crossEntropyOf<T>(
  ops: Ops<T>,
  logits: T,
  labels: Int32Array,
  classWeights?: Float32Array,
): T {
  const [rows, classes] = ops.shape(logits) as [number, number];
  const targets = new Float32Array(rows * classes);
  const rowWeights = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = labels[row]!;
    if (label < 0 || label >= classes) continue;
    targets[row * classes + label] = 1;
    rowWeights[row] = classWeights?.[label] ?? 1;
  }
  return softCrossEntropy(ops, logits, ops.constant(targets, [rows, classes]), rowWeights);
}

/**
 * Multi-label soft margin: mean over all of −[t · log σ(x) + (1 − t) · log σ(−x)], in the form max(x, 0) − x·t +
 * log(1 + e^−|x|) that loses no digits. Both (rows, classes), result (1).
 */
export function multiLabelSoftMargin<T>(ops: Ops<T>, logits: T, targets: T): T {
  const zero = ops.constant([0], [1]);
  const magnitude = ops.maximum(logits, ops.subtract(zero, logits));
  const tail = ops.log(ops.add(ops.exp(ops.subtract(zero, magnitude)), ops.constant([1], [1])));
  const linear = ops.subtract(ops.maximum(logits, zero), ops.multiply(logits, targets));
  return ops.reshape(ops.mean(ops.add(linear, tail), [0, 1]), [1]);
}
