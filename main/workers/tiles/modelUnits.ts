import type { TileModelCard } from '../../../app/contract/tileModelCard.ts';
import type { SceneSource } from '../../../app/raster/scene.ts';

/** Means of scaled bands above this are stored numbers; reflectance stays far below. */
const mostReflectance = 20;

/**
 * A scene whose values mean what the model's do. Sentinel-2 is kept as reflectance, or as reflectance · 10,000 without a word
 * in the file: a model of the one and a scene of the other would see black or white.
 * @param bands Of the scene, in the order of the model
 */
export function inModelUnits(
  source: SceneSource,
  bands: readonly number[],
  card: Pick<TileModelCard, 'bands' | 'scaling'>,
  warn: (message: string) => void,
): SceneSource {
  const { scaling } = card;
  if (scaling.kind === 'min-max') return source;
  const factor = factorOf(source, bands, { ...card, scaling });
  if (factor === 1) return source;
  warn(
    factor < 1
      ? `The scene's values are stored without a scale; the model knows reflectance, so they were taken as reflectance · ${Math.round(1 / factor)}.`
      : `The scene's values are reflectance; the model knows them · ${Math.round(factor)}, so they were multiplied.`,
  );
  const { description } = source;
  return {
    ...source,
    description: {
      ...description,
      bands: description.bands.map((band) => ({
        ...band,
        scale: band.scale * factor,
        offset: band.offset * factor,
      })),
    },
  };
}

function factorOf(
  { description }: SceneSource,
  bands: readonly number[],
  card: {
    readonly bands: TileModelCard['bands'];
    readonly scaling: { readonly mean: readonly number[] };
  },
): number {
  const scene = description.bands[bands[0]!]!;
  const model = card.bands[0]!.scale;
  const stored = /^u?int(8|16|32)$/.test(scene.type);
  const numbers = card.scaling.mean.some((mean) => Math.abs(mean) > mostReflectance);
  if (!numbers && stored && scene.scale === 1 && model < 1) return model;
  return numbers && stored && scene.scale < 1 && model === 1 ? 1 / scene.scale : 1;
}
