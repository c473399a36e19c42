import { AppError } from '../error.ts';

/**
 * What the network sees of a spectrum, a row of numbers each: `value` the z-scored bands; `shape` the spectrum divided by
 * its own mean before it is z-scored (illumination taken out); `slope` the difference between neighbouring bands, z-scored.
 */
export type View = 'value' | 'shape' | 'slope';

/** Fitted on training pixels and stored in the model card. Every view has a mean and a standard deviation a band. */
export type Normalisation = {
  readonly views: readonly {
    readonly view: View;
    readonly mean: readonly number[];
    readonly std: readonly number[];
  }[];
};

/**
 * Raw samples: physical values (sample · scale + offset), sample after sample. With patch 1 (count, bands); with patch 3
 * (count, bands, 3, 3), the nine pixels row by row around the labelled one.
 */
export type Spectra = {
  readonly features: Float32Array;
  readonly bands: number;
  readonly patch: 1 | 3;
};

/**
 * Statistics of the chosen samples (all nine pixels of a patch count). A band that never varies keeps std 1.
 * @throws AppError `no-samples`, `bad-values` where a value is NaN or infinite
 */
export function fitNormalisation(
  spectra: Spectra,
  chosen: ArrayLike<number>,
  views: readonly View[],
): Normalisation {
  if (chosen.length === 0) {
    throw new AppError(
      'no-samples',
      'There are no training samples to learn the value range from.',
    );
  }
  refuseBadValues(spectra, chosen);
  return { views: views.map((view) => ({ view, ...statistics(spectra, chosen, view) })) };
}

function statistics(
  spectra: Spectra,
  chosen: ArrayLike<number>,
  view: View,
): { mean: number[]; std: number[] } {
  const { bands, patch } = spectra;
  const pixels = patch * patch;
  const row = new Float64Array(bands);
  const mean = new Float64Array(bands);
  const squares = new Float64Array(bands);
  let seen = 0;
  for (let i = 0; i < chosen.length; i++) {
    for (let pixel = 0; pixel < pixels; pixel++) {
      readView(spectra, chosen[i]!, pixel, view, row);
      seen++;
      for (let band = 0; band < bands; band++) {
        const gap = row[band]! - mean[band]!; // Welford: no cancellation for large offsets
        mean[band]! += gap / seen;
        squares[band]! += gap * (row[band]! - mean[band]!);
      }
    }
  }
  const std = Array.from(squares, (sum, band) => {
    const deviation = Math.sqrt(sum / seen);
    return deviation > 1e-9 * Math.max(1e-30, Math.abs(mean[band]!)) ? deviation : 1;
  });
  return { mean: [...mean], std };
}

/** One pixel of one sample as a view, before z-scoring. */
function readView(
  { features, bands, patch }: Spectra,
  sample: number,
  pixel: number,
  view: View,
  row: Float64Array,
): void {
  const pixels = patch * patch;
  const start = sample * bands * pixels + pixel;
  for (let band = 0; band < bands; band++) row[band] = features[start + band * pixels]!;
  if (view === 'shape') {
    let sum = 0;
    for (let band = 0; band < bands; band++) sum += row[band]!;
    const mean = sum / bands;
    const divisor = Math.abs(mean) > 1e-12 ? mean : 1;
    for (let band = 0; band < bands; band++) row[band]! /= divisor;
  }
  if (view === 'slope') {
    for (let band = 0; band < bands - 1; band++) row[band] = row[band + 1]! - row[band]!;
    row[bands - 1] = bands > 1 ? row[bands - 2]! : 0;
  }
}

function refuseBadValues({ features, bands, patch }: Spectra, chosen: ArrayLike<number>): void {
  const size = bands * patch * patch;
  for (let i = 0; i < chosen.length; i++) {
    for (let k = 0; k < size; k++) {
      if (Number.isFinite(features[chosen[i]! * size + k])) continue;
      const band = Math.floor(k / (patch * patch));
      throw new AppError(
        'bad-values',
        `Training sample ${chosen[i]} has no finite value in band ${band + 1}. Mark such pixels as nodata or leave the band out.`,
        { sample: chosen[i], band },
      );
    }
  }
}

/**
 * The network's input of `count` raw samples from `first` on, or of the listed ones: (count, bands), (count, views, bands)
 * or (count, bands, 3, 3). The one way from physical values to the network, in training and in mapping.
 */
export function normalise(
  spectra: Spectra,
  chosen: ArrayLike<number>,
  normalisation: Normalisation,
): Float32Array {
  const { bands, patch } = spectra;
  const pixels = patch * patch;
  const { views } = normalisation;
  const size = views.length * bands * pixels;
  const result = new Float32Array(chosen.length * size);
  const row = new Float64Array(bands);
  for (let i = 0; i < chosen.length; i++) {
    for (let v = 0; v < views.length; v++) {
      const { view, mean, std } = views[v]!;
      const start = i * size + v * bands * pixels;
      for (let pixel = 0; pixel < pixels; pixel++) {
        readView(spectra, chosen[i]!, pixel, view, row);
        for (let band = 0; band < bands; band++) {
          result[start + band * pixels + pixel] = (row[band]! - mean[band]!) / std[band]!;
        }
      }
    }
  }
  return result;
}
