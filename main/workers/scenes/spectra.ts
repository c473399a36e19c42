import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import type { Band, SceneSource } from '../../../app/raster/scene.ts';
import { type AreaPixels, countPixels, forEachArea, placeAreas } from './areaPixels.ts';

/** Running figures of one area, a number a band. */
type Sums = {
  pixels: number;
  readonly counts: Float64Array;
  readonly means: Float64Array;
  readonly squares: Float64Array;
  readonly least: Float64Array;
  readonly greatest: Float64Array;
};

/** Mean, deviation (of the pixels as a whole) and extremes of every band over areas, as physical values. */
export async function ofAreas(
  source: SceneSource,
  { areas, crs }: DeskArguments<'spectra.ofAreas'>,
  signal: AbortSignal,
): Promise<DeskOutput<'spectra.ofAreas'>> {
  const { grid, bands } = source.description;
  const shapes = placeAreas(
    grid,
    areas.map(({ geometry }) => geometry),
    crs,
  );
  const all = bands.map((_, index) => index);
  const sums = new Map<number, Sums>();
  const visit = (pixels: AreaPixels): void => {
    let own = sums.get(pixels.area);
    if (own === undefined) {
      own = emptySums(bands.length);
      sums.set(pixels.area, own);
    }
    add(own, pixels, bands);
  };
  await forEachArea(source, shapes, all, { signal, visit });
  return {
    spectra: areas.map(({ id }, index) => ({
      id,
      ...figures(sums.get(index) ?? emptySums(bands.length)),
    })),
  };
}

function emptySums(bands: number): Sums {
  return {
    pixels: 0,
    counts: new Float64Array(bands),
    means: new Float64Array(bands),
    squares: new Float64Array(bands),
    least: new Float64Array(bands).fill(Number.POSITIVE_INFINITY),
    greatest: new Float64Array(bands).fill(Number.NEGATIVE_INFINITY),
  };
}

/** Welford 1962, band by band. */
function add(sums: Sums, { positions, block }: AreaPixels, bands: readonly Band[]): void {
  sums.pixels += positions.length;
  for (const [band, { scale, offset }] of bands.entries()) {
    const [samples, mask] = [block.bands[band]!, block.masks[band]];
    let [count, mean, squares] = [sums.counts[band]!, sums.means[band]!, sums.squares[band]!];
    for (const at of positions) {
      const value = Number(samples[at]) * scale + offset;
      if (mask?.[at] === 0 || !Number.isFinite(value)) continue;
      count += 1;
      const away = value - mean;
      mean += away / count;
      squares += away * (value - mean);
      if (value < sums.least[band]!) sums.least[band] = value;
      if (value > sums.greatest[band]!) sums.greatest[band] = value;
    }
    [sums.counts[band], sums.means[band], sums.squares[band]] = [count, mean, squares];
  }
}

function figures(sums: Sums): Omit<DeskOutput<'spectra.ofAreas'>['spectra'][number], 'id'> {
  const known = (values: Float64Array): (number | null)[] =>
    Array.from(values, (value, band) => (sums.counts[band] === 0 ? null : value));
  return {
    pixels: sums.pixels,
    mean: known(sums.means),
    std: known(sums.squares.map((sum, band) => Math.sqrt(sum / sums.counts[band]!))),
    min: known(sums.least),
    max: known(sums.greatest),
  };
}

/** How many pixels of the scene each area holds; nothing is read. */
export async function pixelsOfAreas(
  source: SceneSource,
  { areas, crs }: DeskArguments<'rois.pixels'>,
): Promise<DeskOutput<'rois.pixels'>> {
  const { grid } = source.description;
  const shapes = placeAreas(
    grid,
    areas.map(({ geometry }) => geometry),
    crs,
  );
  const pixels = countPixels(shapes, grid);
  return { pixels: areas.map(({ id }, index) => ({ id, pixels: pixels[index]! })) };
}
