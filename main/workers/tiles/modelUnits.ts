import type { TileScaling } from '../../../app/learn/tileScaling.ts';
import type { Band, SceneSource } from '../../../app/raster/scene.ts';
import { readTile, type Tile } from './readTile.ts';

/** What a sample of an image's values looks like. */
export type ValueLook = {
  /** Mean of each band, in the order of the model. */
  readonly means: readonly number[];
  /** Largest value of all bands. */
  readonly most: number;
};

/** The units that values are brought to, by what they were where they are known. */
export type KnownUnits = {
  /** Mean of each band, in the order of the model. */
  readonly means: readonly number[];
  /** What they are the values of, e.g. `the model`. */
  readonly of: string;
};

/** Sentinel-2 is kept as reflectance, or as reflectance times this, often without a word in the file. */
const storedReflectance = 10_000;
/** No band is on average brighter than this in reflectance. */
const mostReflectance = 3;
/** Images of 8 bits hold no reflectance · 10,000. */
const mostOf8Bits = 255;
/** Scenes of one unit differ less than this in brightness, units more. */
const mostApart = 10;
/** From here on a model has seen nothing of the kind. */
const farApart = 100;

/** Squares of a scene that are looked at, a side, and pixels a side of each. */
const [squares, squareSide] = [4, 32];

/** The units of a model; one that stretches every tile by itself knows none. */
export const unitsOfModel = (scaling: TileScaling | undefined): KnownUnits | undefined =>
  scaling === undefined || scaling.kind === 'min-max'
    ? undefined
    : { means: scaling.mean, of: 'the model' };

/**
 * A scene whose values mean what the known ones do, decided by looking at them: a model of reflectance · 10,000 would see a scene of
 * reflectance black, the reverse white.
 * @param bands Of the scene, in the order of the model
 * @param known Absent: the scene stays as it is
 * @param warn Hears what was done, and of values that no unit explains
 */
export async function inUnitsOf(
  known: KnownUnits | undefined,
  source: SceneSource,
  bands: readonly number[],
  warn: (message: string) => void,
): Promise<SceneSource> {
  if (known === undefined) return source;
  const look = await lookAt(source, bands);
  const factor = unitFactor(look, known, (words) => warn(`${source.description.uri}: ${words}`));
  return factor === 1 ? source : scaledSource(source, factor);
}

/** What a bounded number of squares spread over a scene hold. */
export async function lookAt(source: SceneSource, bands: readonly number[]): Promise<ValueLook> {
  const { width, height } = source.description.grid;
  const along = (length: number): ReadonlySet<number> =>
    new Set(
      Array.from({ length: squares }, (_, i) =>
        Math.max(
          0,
          Math.min(
            length - squareSide,
            Math.round(((i + 0.5) * length) / squares - squareSide / 2),
          ),
        ),
      ),
    );
  const tiles: Tile[] = [];
  for (const y of along(height))
    for (const x of along(width))
      tiles.push(await readTile(source, bands, { x, y, side: squareSide }));
  return lookOf(tiles, bands.length);
}

/** What tiles hold where they have data; 0 in every band is none, whatever the file says. */
export function lookOf(tiles: readonly Tile[], bands: number): ValueLook {
  const sums = new Float64Array(bands);
  let [count, most] = [0, 0];
  for (const { values, valid } of tiles)
    for (let i = 0; i < valid.length; i++) {
      if (valid[i] === 0) continue;
      let [any, largest] = [false, most];
      for (let at = i; at < values.length; at += valid.length) {
        any ||= values[at] !== 0;
        largest = Math.max(largest, values[at]!);
      }
      if (!any) continue;
      count++;
      most = largest;
      for (let band = 0; band < bands; band++) sums[band]! += values[band * valid.length + i]!;
    }
  return { means: [...sums].map((sum) => sum / Math.max(1, count)), most };
}

/** What values are multiplied by to be in known units; 1 where nothing speaks for another. `warn` hears of it in words. */
export function unitFactor(
  look: ValueLook,
  known: KnownUnits,
  warn: (words: string) => void,
): number {
  const apart = timesApart(look.means, known.means);
  const supposed = supposedFactor(look, known);
  const factor = apart !== undefined && factorOff(apart * supposed) < mostApart ? supposed : 1;
  if (factor > 1)
    warn(
      `the values are reflectance, those of ${known.of} reflectance · 10,000; they are multiplied by 10,000.`,
    );
  else if (factor < 1)
    warn(
      `the values are reflectance · 10,000, those of ${known.of} reflectance; they are divided by 10,000.`,
    );
  else if (apart !== undefined && factorOff(apart) >= farApart)
    warn(
      `the values are ${Math.round(factorOff(apart)).toLocaleString('en')} times ${apart > 1 ? 'larger' : 'smaller'} than those of ${known.of}, and no unit of reflectance explains it. Give an image in the same units.`,
    );
  return factor;
}

/** By the size of the values alone. */
function supposedFactor({ means, most }: ValueLook, known: KnownUnits): number {
  const [brightest, brightestKnown] = [Math.max(...means), Math.max(...known.means)];
  const reflectance = brightest < mostReflectance;
  const numbers = !reflectance && most > mostOf8Bits;
  if (reflectance && brightestKnown > mostOf8Bits) return storedReflectance;
  return numbers && brightestKnown < mostReflectance ? 1 / storedReflectance : 1;
}

/** How many times larger than the known ones the values are, by the middle one of all bands; nothing where none can be compared. */
function timesApart(means: readonly number[], known: readonly number[]): number | undefined {
  const ratios = means
    .map((mean, band) => mean / known[band]!)
    .filter((ratio) => ratio > 0 && Number.isFinite(ratio))
    .sort((a, b) => a - b);
  return ratios[ratios.length >> 1];
}

const factorOff = (ratio: number): number => Math.max(ratio, 1 / ratio);

/** Bands whose physical values are `factor` times as large. */
export const scaledBands = (bands: readonly Band[], factor: number): readonly Band[] =>
  bands.map((band) => ({ ...band, scale: band.scale * factor, offset: band.offset * factor }));

function scaledSource(source: SceneSource, factor: number): SceneSource {
  const { description } = source;
  return {
    description: { ...description, bands: scaledBands(description.bands, factor) },
    read: (request) => source.read(request),
    close: () => source.close(),
  };
}
