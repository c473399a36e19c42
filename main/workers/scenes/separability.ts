import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { separabilityOf } from '../../../app/learn/separability.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';
import { sampleGroups } from './groupSamples.ts';
import { checkBands } from './reading.ts';

/** Pixels of a class beyond which a covariance changes no figure that is shown. */
const mostPixels = 5000;

export async function separability(
  source: SceneSource,
  { classes, crs }: DeskArguments<'spectra.separability'>,
  signal: AbortSignal,
): Promise<DeskOutput<'spectra.separability'>> {
  const { bands: all } = source.description;
  const bands = all.map((_, index) => index).filter((index) => all[index]!.bad !== true);
  const samples = await sampleGroups(
    source,
    classes.map(({ areas }) => areas),
    { crs, bands, most: mostPixels, signal },
  );
  const result = separabilityOf(samples, bands.length);
  const id = (index: number): string => classes[index]!.id;
  return {
    pairs: result.pairs.map(({ a, b, jeffriesMatusita, transformedDivergence, spectralAngle }) => ({
      a: id(a),
      b: id(b),
      ...(jeffriesMatusita === undefined ? {} : { jeffriesMatusita }),
      ...(transformedDivergence === undefined ? {} : { transformedDivergence }),
      ...(spectralAngle === undefined ? {} : { spectralAngle }),
    })),
    bands: result.bands.map((band) => bands[band]!),
    warnings: [...result.warnings],
  };
}

/** Values of two bands at the pixels of groups of areas. */
export async function scatter(
  source: SceneSource,
  { x, y, groups, most, crs }: DeskArguments<'spectra.scatter'>,
  signal: AbortSignal,
): Promise<DeskOutput<'spectra.scatter'>> {
  const bands = [x, y];
  checkBands(source.description, bands);
  const samples = await sampleGroups(
    source,
    groups.map(({ areas }) => areas),
    { crs, bands, most, signal },
  );
  return {
    groups: groups.map(({ id }, index) => {
      const { features, count } = samples[index]!;
      return {
        id,
        points: Array.from({ length: count }, (_, i): [number, number] => [
          features[2 * i]!,
          features[2 * i + 1]!,
        ]),
      };
    }),
  };
}
