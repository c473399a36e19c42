import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { ClassRow, RoiRow } from '../../../app/project/rows.ts';
import { formatColor } from '../../../app/raster/palette.ts';
import { t } from '../../words/translate.ts';
import type { Axis, Point, Series } from '../charts/series.ts';

type Values = readonly (number | null)[];
export type Spread = 'sigma' | 'extremes' | 'none';

/** Mean, deviation and extremes by band, as `spectra.ofAreas` gives them. */
export type Statistics = {
  readonly mean: Values;
  readonly std: Values;
  readonly min: Values;
  readonly max: Values;
};

export type Area = { readonly id: string; readonly geometry: RoiRow['geometry'] };

const hasWavelengths = ({ bands }: SceneInfo): boolean =>
  bands.every(({ wavelengthNm }) => wavelengthNm !== undefined);

/** Wavelengths where every band has one, else band numbers. */
export const bandAxis = (info: SceneInfo): Axis =>
  hasWavelengths(info) ? { label: t('Wavelength, nm') } : { label: t('Band number'), whole: true };

/** The unit of the values, where all bands share one. */
export function valueAxis({ bands }: SceneInfo): Axis {
  const units = new Set(bands.map(({ unit }) => unit));
  const [unit] = units;
  return {
    label: units.size === 1 && unit !== undefined ? t('Value, {unit}', { unit }) : t('Value'),
  };
}

/** A value for each band in the order of the axis; a bad band is a gap. */
export function pointsOf(info: SceneInfo, mean: Values, low?: Values, high?: Values): Point[] {
  const known = hasWavelengths(info);
  return info.bands
    .map(({ wavelengthNm, bad }, index): Point => {
      const at = <Value>(values: readonly (Value | null)[] | undefined): Value | null =>
        bad === true ? null : (values?.[index] ?? null);
      return { x: known ? wavelengthNm! : index + 1, y: at(mean), low: at(low), high: at(high) };
    })
    .sort((a, b) => a.x - b.x);
}

/** Points of a mean with the spread that was chosen. */
export function spreadPoints(info: SceneInfo, figures: Statistics, spread: Spread): Point[] {
  const { mean, std, min, max } = figures;
  if (spread === 'none') return pointsOf(info, mean);
  if (spread === 'extremes') return pointsOf(info, mean, min, max);
  const away = (sign: 1 | -1): Values =>
    mean.map((value, band) => (value === null ? null : value + sign * (std[band] ?? 0)));
  return pointsOf(info, mean, away(-1), away(1));
}

/** A class with the training areas that it has. */
export type ClassAreas = {
  readonly row: ClassRow;
  readonly rois: readonly RoiRow[];
  /** Place in the class list: its dashes and its marker. */
  readonly pattern: number;
};

/** Classes that have training areas, in the order of the class list. */
export function classesWithAreas(
  classes: readonly ClassRow[],
  rois: ReadonlyMap<string, RoiRow>,
): readonly ClassAreas[] {
  const byClass = Map.groupBy(rois.values(), ({ classId }) => classId);
  return classes
    .map((row, pattern) => ({ row, pattern, rois: byClass.get(row.id) ?? [] }))
    .filter((entry) => entry.rois.length > 0);
}

export const looksOf = ({
  row,
  pattern,
}: ClassAreas): Pick<Series, 'name' | 'color' | 'pattern'> => ({
  name: row.name,
  color: formatColor(row.color),
  pattern,
});
