import {
  cholesky,
  inverseOf,
  logDeterminant,
  quadraticForm,
  type SymmetricMatrix,
} from './symmetric.ts';

/** Spectra of one class: (count, bands), pixel by pixel. */
export type ClassSpectra = {
  readonly features: Float32Array;
  readonly count: number;
};

/** How far two classes lie apart; a distance is undefined where a class has too few pixels for a covariance. */
export type Separability = {
  readonly a: number;
  readonly b: number;
  /** 2 (1 − e^−B) with the Bhattacharyya distance B: 0 the same, 2 apart. */
  readonly jeffriesMatusita: number | undefined;
  /** 2 (1 − e^(−D/8)) with the divergence D: 0 the same, 2 apart. */
  readonly transformedDivergence: number | undefined;
  /** Between the mean spectra, degrees, over all bands. */
  readonly spectralAngle: number | undefined;
};

export type SeparabilityResult = {
  readonly pairs: readonly Separability[];
  /** Bands that both distances use, by position in the spectra. */
  readonly bands: readonly number[];
  readonly warnings: readonly string[];
};

/** Fewest pixels from which a covariance is estimated. */
export const fewestPixels = 5;

/**
 * Jeffries–Matusita distance and transformed divergence of normal distributions (Swain and Davis 1978, Remote Sensing: The
 * Quantitative Approach, chapter 3; Richards 2013, Remote Sensing Digital Image Analysis, 10.3, both scaled to 2), and the
 * spectral angle (Kruse et al. 1993) between each two classes.
 *
 * A covariance of b bands needs more than b pixels. Where the smallest class has fewer than twice as many, the spectrum is cut
 * into as many parts as it can bear and the band of each part whose class means differ most, against the spread within
 * classes, stands for it.
 */
export function separabilityOf(
  classes: readonly ClassSpectra[],
  bandCount: number,
): SeparabilityResult {
  const moments = classes.map((spectra) => momentsOf(spectra, bandCount));
  const able = moments.filter(({ count }) => count >= fewestPixels);
  const least = Math.min(...able.map(({ count }) => count));
  const most = able.length < 2 ? 0 : Math.max(1, Math.floor((least - 1) / 2));
  const bands = chooseBands(able, bandCount, most);
  const warnings: string[] = [];
  if (able.length > 1 && bands.length < bandCount)
    warnings.push(
      `The smallest class has ${least} pixels, so ${bands.length} of ${bandCount} bands are compared. Draw larger ROIs to compare them all.`,
    );
  if (able.length < classes.length)
    warnings.push(
      `Classes of fewer than ${fewestPixels} pixels have no covariance and only a spectral angle.`,
    );
  const spread = pooledDeviation(able, bandCount);
  const gaussians = classes.map((spectra, i) =>
    moments[i]!.count < fewestPixels || bands.length === 0
      ? undefined
      : gaussianOf(spectra, moments[i]!, { bands, spread, bandCount }),
  );
  if (gaussians.some((gaussian) => gaussian?.regularised === true))
    warnings.push(
      'Some bands of a class determine each other (or do not vary); a hundred-thousandth of the common variance was added to each band so that distances exist.',
    );
  const pairs: Separability[] = [];
  for (let a = 0; a < classes.length; a++)
    for (let b = a + 1; b < classes.length; b++)
      pairs.push({
        a,
        b,
        ...distancesOf(gaussians[a], gaussians[b]),
        spectralAngle: angleOf(moments[a]!, moments[b]!),
      });
  return { pairs, bands, warnings };
}

type Moments = {
  readonly count: number;
  readonly mean: Float64Array;
  /** Of the sample (n − 1). */
  readonly variance: Float64Array;
};

function momentsOf({ features, count }: ClassSpectra, bands: number): Moments {
  const mean = new Float64Array(bands);
  const variance = new Float64Array(bands);
  for (let i = 0; i < count; i++)
    for (let band = 0; band < bands; band++) mean[band]! += features[i * bands + band]! / count;
  for (let i = 0; i < count; i++)
    for (let band = 0; band < bands; band++)
      variance[band]! += (features[i * bands + band]! - mean[band]!) ** 2 / Math.max(1, count - 1);
  return { count, mean, variance };
}

/** Standard deviation within classes, by band: what makes bands of different units comparable. 1 where nothing varies. */
function pooledDeviation(classes: readonly Moments[], bands: number): Float64Array {
  return Float64Array.from({ length: bands }, (_, band) => {
    const within = average(classes.map(({ variance }) => variance[band]!));
    return within > 0 ? Math.sqrt(within) : 1;
  });
}

function chooseBands(classes: readonly Moments[], bands: number, most: number): readonly number[] {
  if (most >= bands) return Array.from({ length: bands }, (_, band) => band);
  const contrast = Float64Array.from({ length: bands }, (_, band) => {
    const within = average(classes.map(({ variance }) => variance[band]!));
    const means = classes.map(({ mean }) => mean[band]!);
    const centre = average(means);
    return within > 0 ? average(means.map((value) => (value - centre) ** 2)) / within : 0;
  });
  return Array.from({ length: most }, (_, part) => {
    let best = Math.floor((part * bands) / most);
    for (let band = best; band < Math.floor(((part + 1) * bands) / most); band++)
      if (contrast[band]! > contrast[best]!) best = band;
    return best;
  });
}

const average = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** A class as a normal distribution over the chosen bands, each divided by its common deviation. */
type Gaussian = {
  readonly mean: Float64Array;
  readonly covariance: SymmetricMatrix;
  readonly lower: Float64Array;
  readonly regularised: boolean;
};

function gaussianOf(
  { features, count }: ClassSpectra,
  { mean }: Moments,
  scale: {
    readonly bands: readonly number[];
    readonly spread: Float64Array;
    readonly bandCount: number;
  },
): Gaussian {
  const { bands, spread, bandCount } = scale;
  const size = bands.length;
  const values = new Float64Array(size * size);
  const pixel = new Float64Array(size);
  for (let i = 0; i < count; i++) {
    bands.forEach((band, k) => {
      pixel[k] = (features[i * bandCount + band]! - mean[band]!) / spread[band]!;
    });
    for (let row = 0; row < size; row++)
      for (let column = 0; column <= row; column++)
        values[row * size + column]! += (pixel[row]! * pixel[column]!) / (count - 1);
  }
  for (let row = 0; row < size; row++)
    for (let column = 0; column < row; column++)
      values[column * size + row] = values[row * size + column]!;
  const covariance = { size, values };
  const scaled = Float64Array.from(bands, (band) => mean[band]! / spread[band]!);
  const lower = cholesky(covariance);
  if (lower !== undefined) return { mean: scaled, covariance, lower, regularised: false };
  for (let row = 0; row < size; row++) values[row * size + row]! += 1e-5;
  return { mean: scaled, covariance, lower: cholesky(covariance)!, regularised: true };
}

function distancesOf(
  a: Gaussian | undefined,
  b: Gaussian | undefined,
): Pick<Separability, 'jeffriesMatusita' | 'transformedDivergence'> {
  if (a === undefined || b === undefined)
    return { jeffriesMatusita: undefined, transformedDivergence: undefined };
  return {
    jeffriesMatusita: 2 * -Math.expm1(-bhattacharyya(a, b)),
    transformedDivergence: 2 * -Math.expm1(-divergence(a, b) / 8),
  };
}

/** ⅛ Δᵀ M⁻¹ Δ + ½ ln(|M| / √(|A| |B|)) with M = (A + B) / 2. */
function bhattacharyya(a: Gaussian, b: Gaussian): number {
  const { size } = a.covariance;
  const values = a.covariance.values.map((value, i) => (value + b.covariance.values[i]!) / 2);
  const lower = cholesky({ size, values })!;
  const logs = (logDeterminant(a.lower, size) + logDeterminant(b.lower, size)) / 2;
  const distance = quadraticForm(lower, difference(a, b)) / 8;
  return Math.max(0, distance + (logDeterminant(lower, size) - logs) / 2);
}

/** ½ tr((A − B)(B⁻¹ − A⁻¹)) + ½ Δᵀ (A⁻¹ + B⁻¹) Δ */
function divergence(a: Gaussian, b: Gaussian): number {
  const { size } = a.covariance;
  const [inverseA, inverseB] = [inverseOf(a.lower, size), inverseOf(b.lower, size)];
  let trace = 0;
  for (let i = 0; i < size * size; i++)
    trace += (a.covariance.values[i]! - b.covariance.values[i]!) * (inverseB[i]! - inverseA[i]!);
  const apart = difference(a, b);
  const means = quadraticForm(a.lower, apart) + quadraticForm(b.lower, apart);
  return Math.max(0, (trace + means) / 2);
}

const difference = (a: Gaussian, b: Gaussian): Float64Array =>
  a.mean.map((value, i) => value - b.mean[i]!);

function angleOf(a: Moments, b: Moments): number | undefined {
  let [product, squaresA, squaresB] = [0, 0, 0];
  a.mean.forEach((value, i) => {
    product += value * b.mean[i]!;
    squaresA += value ** 2;
    squaresB += b.mean[i]! ** 2;
  });
  if (a.count === 0 || b.count === 0 || squaresA === 0 || squaresB === 0) return undefined;
  const cosine = product / Math.sqrt(squaresA * squaresB);
  return (Math.acos(Math.min(1, Math.max(-1, cosine))) * 180) / Math.PI;
}
