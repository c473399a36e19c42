/** Labelled spectra that a forest learns from. */
export type ForestSamples = {
  /** (count, bands) */
  readonly features: Float32Array;
  readonly bands: number;
  /** Class index from 0, (count). */
  readonly labels: Int32Array;
  readonly classes: number;
};

/** Training samples as bins, band after band. */
export type BinnedSamples = {
  readonly count: number;
  readonly bands: number;
  readonly classes: number;
  /** Bin of sample i in a band: `bins[band · count + i]`. */
  readonly bins: Uint8Array;
  readonly labels: Int32Array;
};

const mostBins = 256;

/**
 * Upper edges of the bins of every band, ascending, between neighbouring values of the training samples: one a distinct
 * value where these are few, else quantiles. A value v lies in the first bin with v ≤ edge, or behind the last edge.
 */
export function binEdges(samples: ForestSamples, train: Int32Array): Float32Array[] {
  const { features, bands } = samples;
  const values = new Float32Array(train.length);
  return Array.from({ length: bands }, (_, band) => {
    for (let i = 0; i < train.length; i++) values[i] = features[train[i]! * bands + band]!;
    values.sort();
    const edges: number[] = [];
    for (let i = 1; i < values.length && edges.length < mostBins - 1; i++) {
      const due = i * mostBins >= (edges.length + 1) * values.length;
      if (due && values[i] !== values[i - 1]) edges.push(between(values[i - 1]!, values[i]!));
    }
    return Float32Array.from(edges);
  });
}

/** A float32 e with low ≤ e < high. */
function between(low: number, high: number): number {
  const middle = Math.fround(low + (high - low) / 2);
  return middle < high ? middle : low;
}

/** The bins of the training samples, in the order of `train`. */
export function binSamples(
  samples: ForestSamples,
  train: Int32Array,
  edges: readonly Float32Array[],
): BinnedSamples {
  const { features, bands, labels, classes } = samples;
  const count = train.length;
  const bins = new Uint8Array(bands * count);
  for (let band = 0; band < bands; band++) {
    for (let i = 0; i < count; i++) {
      bins[band * count + i] = binOf(features[train[i]! * bands + band]!, edges[band]!);
    }
  }
  return { count, bands, classes, bins, labels: Int32Array.from(train, (i) => labels[i]!) };
}

function binOf(value: number, edges: Float32Array): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= edges[middle]!) high = middle;
    else low = middle + 1;
  }
  return low;
}
