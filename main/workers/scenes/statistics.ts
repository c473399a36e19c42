import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { figuresOf } from '../../../app/raster/figures.ts';
import type { Window } from '../../../app/raster/grid.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import type { MapBounds } from '../../../app/raster/tileGrid.ts';
import { checkBands, thinnedSamples, windowUnder } from './reading.ts';

/** Windows of at most this many pixels are read whole. */
const mostWhole = 2 ** 20;
/**
 * About how many pixels figures of a larger window rest on: as many as QGIS takes for its stretch. Their 2nd percentile lies between
 * the 1.95th and the 2.05th of all, 19 times of 20.
 */
const fewPixels = 2 ** 18;

/** How many pixels of a window its figures rest on. */
export function pixelsFor({ width, height }: Window): number {
  return width * height <= mostWhole ? mostWhole : fewPixels;
}
/** Bands that are held at once. */
const bandsAtOnce = 8;

type BandStatistics = DeskOutput<'scene.statistics'>['bands'][number];

/** Figures of whole bands, for the histogram that follows the stretch. */
const known = new WeakMap<SceneSource, Map<number, BandStatistics>>();

/** Figures of bands in the samples of the file, as tiles hold them. */
export async function statistics(
  source: SceneSource,
  { bands, bounds }: DeskArguments<'scene.statistics'>,
  signal: AbortSignal,
): Promise<DeskOutput<'scene.statistics'>> {
  checkBands(source.description, bands);
  if (bounds !== undefined) return { bands: await measure(source, bands, { bounds, signal }) };
  const kept = known.get(source) ?? new Map<number, BandStatistics>();
  known.set(source, kept);
  const missing = [...new Set(bands)].filter((band) => !kept.has(band));
  for (const figures of await measure(source, missing, { signal })) kept.set(figures.band, figures);
  return { bands: bands.map((band) => kept.get(band)!) };
}

async function measure(
  source: SceneSource,
  bands: readonly number[],
  { bounds, signal }: { readonly bounds?: MapBounds; readonly signal: AbortSignal },
): Promise<BandStatistics[]> {
  const window = windowUnder(source.description, bounds);
  const result: BandStatistics[] = [];
  for (let at = 0; at < bands.length; at += bandsAtOnce) {
    const part = bands.slice(at, at + bandsAtOnce);
    const request = { bands: part, pixels: pixelsFor(window), signal };
    const block = await thinnedSamples(source, window, request);
    part.forEach((band, i) => {
      const { histogram, ...figures } = figuresOf(block.bands[i]!, block.masks[i]);
      result.push({
        band,
        ...figures,
        histogram: { ...histogram, counts: [...histogram.counts] },
      });
    });
  }
  return result;
}
