import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { figuresOf } from '../../../app/raster/figures.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { checkBands, thinnedSamples, windowUnder } from './reading.ts';

/** About how many pixels figures of a band rest on. */
export const statisticsPixels = 2 ** 20;
/** Bands that are held at once. */
const bandsAtOnce = 8;

/** Figures of bands in the samples of the file, as tiles hold them. */
export async function statistics(
  source: SceneSource,
  { bands, bounds }: DeskArguments<'scene.statistics'>,
  signal: AbortSignal,
): Promise<DeskOutput<'scene.statistics'>> {
  checkBands(source.description, bands);
  const window = windowUnder(source.description, bounds);
  const result: DeskOutput<'scene.statistics'>['bands'] = [];
  for (let at = 0; at < bands.length; at += bandsAtOnce) {
    const part = bands.slice(at, at + bandsAtOnce);
    const request = { bands: part, pixels: statisticsPixels, signal };
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
  return { bands: result };
}
