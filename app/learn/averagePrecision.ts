/** How well the scores of several labels rank and decide, over a whole split; all between 0 and 1. */
export type MultiLabelFigures = {
  /** Mean average precision over the labels that occur. */
  readonly mapMacro: number | undefined;
  /** Average precision over all pairs of sample and label. */
  readonly mapMicro: number | undefined;
  /** Mean F1 over all labels; one that neither occurs nor is given counts as 0, as scikit-learn does. */
  readonly f1Macro: number;
  /** F1 over all pairs. */
  readonly f1Micro: number;
  readonly perLabel: readonly LabelFigures[];
};

export type LabelFigures = {
  readonly averagePrecision: number | undefined;
  /** Recall and precision of the decisions; undefined where nothing occurs or nothing is given. */
  readonly recall: number | undefined;
  readonly precision: number | undefined;
  readonly f1: number | undefined;
  /** Samples that have the label. */
  readonly support: number;
};

/**
 * Area under the steps of precision over recall (not interpolated): Σ (Rₙ − Rₙ₋₁) · Pₙ over thresholds from high to low,
 * equal scores at once. Undefined where no sample is positive.
 */
export function averagePrecision(
  scores: ArrayLike<number>,
  positive: ArrayLike<number>,
): number | undefined {
  const order = Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[b]! - scores[a]!);
  const all = order.reduce((sum, i) => sum + (positive[i] === 0 ? 0 : 1), 0);
  if (all === 0) return undefined;
  let [found, before, area] = [0, 0, 0];
  for (const [rank, i] of order.entries()) {
    if (positive[i] !== 0) found += 1;
    const next = order[rank + 1];
    if (next !== undefined && scores[next] === scores[i]) continue;
    area += ((found - before) / all) * (found / (rank + 1));
    before = found;
  }
  return area;
}

/** Figures of scores and truth, both (samples, labels); a label is given from a score of `threshold` on. */
export function multiLabelFigures(
  scores: Float32Array,
  truth: Uint8Array,
  labels: number,
  threshold = 0.5,
): MultiLabelFigures {
  const samples = scores.length / labels;
  const column = (values: ArrayLike<number>, label: number): number[] =>
    Array.from({ length: samples }, (_, i) => values[i * labels + label]!);
  const counts = Array.from({ length: labels }, (_, label) =>
    countsOf(column(scores, label), column(truth, label), threshold),
  );
  const perLabel = counts.map(
    ({ hits, given, support }, label): LabelFigures => ({
      averagePrecision: averagePrecision(column(scores, label), column(truth, label)),
      recall: ratio(hits, support),
      precision: ratio(hits, given),
      f1: ratio(2 * hits, support + given),
      support,
    }),
  );
  const known = perLabel.flatMap(({ averagePrecision: one }) => (one === undefined ? [] : [one]));
  const total = (part: 'hits' | 'given' | 'support'): number =>
    counts.reduce((sum, one) => sum + one[part], 0);
  return {
    mapMacro: ratio(
      known.reduce((sum, one) => sum + one, 0),
      known.length,
    ),
    mapMicro: averagePrecision(scores, truth),
    f1Macro: perLabel.reduce((sum, { f1 }) => sum + (f1 ?? 0), 0) / labels,
    f1Micro: ratio(2 * total('hits'), total('given') + total('support')) ?? 0,
    perLabel,
  };
}

function countsOf(
  scores: readonly number[],
  truth: readonly number[],
  threshold: number,
): { readonly hits: number; readonly given: number; readonly support: number } {
  let [hits, given, support] = [0, 0, 0];
  for (const [i, score] of scores.entries()) {
    const [says, is] = [score >= threshold, truth[i] !== 0];
    if (says && is) hits += 1;
    if (says) given += 1;
    if (is) support += 1;
  }
  return { hits, given, support };
}

const ratio = (numerator: number, denominator: number): number | undefined =>
  denominator === 0 ? undefined : numerator / denominator;
