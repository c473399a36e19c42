import { AppError } from '../../app/error.ts';
import type { Band } from '../../app/raster/scene.ts';

/** What is wrong with a band for training. */
export type BandFault = { readonly band: number; readonly reason: 'no data' | 'constant' };

/**
 * Bands without information over the samples.
 * @param features (n, bands, cells), NaN without data
 */
export function faultyBands(
  features: Float32Array,
  bands: number,
  cells: number,
): readonly BandFault[] {
  const count = features.length / (bands * cells);
  const faults: BandFault[] = [];
  for (let band = 0; band < bands; band++) {
    let min = Number.POSITIVE_INFINITY;
    let max = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < count; i++) {
      const value = features[(i * bands + band) * cells + (cells >> 1)]!;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    if (min > max) faults.push({ band, reason: 'no data' });
    else if (min === max) faults.push({ band, reason: 'constant' });
  }
  return faults;
}

/** Bands to train on: all but those on the bad-band list and those the user leaves out by name. `auto` is not a name. */
export function candidateBands(
  bands: readonly Band[],
  skip: readonly string[],
  uri: string,
): readonly number[] {
  const names = new Set(skip.filter((name) => name !== 'auto').map((name) => name.toLowerCase()));
  for (const name of names) {
    if (!bands.some((band) => band.name.toLowerCase() === name)) {
      throw new AppError(
        'usage',
        `--skip-bands names "${name}", which ${uri} does not have. Its bands: ${bands.map((band) => band.name).join(', ')}.`,
      );
    }
  }
  return [...bands.keys()].filter(
    (index) => bands[index]!.bad !== true && !names.has(bands[index]!.name.toLowerCase()),
  );
}

/**
 * Refuses bands without information, unless the user said `--skip-bands auto`; then they are left out.
 * @throws AppError `bad-values`
 */
export function checkFaults(
  faults: readonly BandFault[],
  names: readonly string[],
  options: { readonly uri: string; readonly auto: boolean },
): void {
  if (faults.length === 0) return;
  const list = faults.map((fault) => `${names[fault.band]} (${fault.reason})`).join(', ');
  if (faults.length === names.length) {
    throw new AppError(
      'bad-values',
      `No band of ${options.uri} has information inside the ROIs: ${list}. Check that the ROIs lie on valid pixels.`,
    );
  }
  if (!options.auto) {
    throw new AppError(
      'bad-values',
      `${faults.length} of ${names.length} bands of ${options.uri} carry no information inside the ROIs: ${list}. Leave them out with --skip-bands auto, or by name.`,
      { bands: faults.map((fault) => names[fault.band]) },
    );
  }
}

/** Samples without the bands and the pixels that cannot be used. */
export type CleanSamples = {
  readonly features: Float32Array;
  readonly bands: readonly number[];
  readonly kept: Int32Array;
};

/** Leaves out bands (positions within the candidates) and every sample that has no data in one of the others. */
export function cleanSamples(
  features: Float32Array,
  candidates: readonly number[],
  faults: readonly BandFault[],
  cells: number,
): CleanSamples {
  const dropped = new Set(faults.map((fault) => fault.band));
  const positions = [...candidates.keys()].filter((position) => !dropped.has(position));
  const count = features.length / (candidates.length * cells);
  const kept: number[] = [];
  for (let i = 0; i < count; i++) {
    if (
      positions.every((position) =>
        Number.isFinite(features[(i * candidates.length + position) * cells + (cells >> 1)]!),
      )
    )
      kept.push(i);
  }
  const result = new Float32Array(kept.length * positions.length * cells);
  let at = 0;
  for (const i of kept) {
    for (const position of positions) {
      const from = (i * candidates.length + position) * cells;
      result.set(features.subarray(from, from + cells), at);
      at += cells;
    }
  }
  return {
    features: result,
    bands: positions.map((position) => candidates[position]!),
    kept: Int32Array.from(kept),
  };
}
