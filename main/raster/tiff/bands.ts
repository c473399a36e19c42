import type { SampleType } from '../../../app/raster/samples.ts';
import type { Band, BandStatistics } from '../../../app/raster/scene.ts';
import type { GdalMetadata } from './gdalMetadata.ts';
import type { ImageLayout } from './layout.ts';
import { photometric } from './tags.ts';

type Items = ReadonlyMap<string, string>;

/** What a file says about all its bands beside their metadata items. */
export type BandContext = {
  readonly layout: ImageLayout;
  readonly metadata: GdalMetadata;
  /** Per band, where it is not `undefined`. */
  readonly nodata: readonly (number | undefined)[];
};

/** Index of the alpha band, or undefined: an extra sample of type 1 or 2, 8 or 16 bits, beside colours or grey. */
export function alphaBand(layout: ImageLayout): number | undefined {
  const { extraSamples, samples, type } = layout;
  if (layout.photometric === photometric.palette || !['uint8', 'uint16'].includes(type)) {
    return undefined;
  }
  const at = extraSamples.findIndex((kind) => kind === 1 || kind === 2);
  const band = samples - extraSamples.length + at;
  return at < 0 || band < 0 ? undefined : band;
}

/** Describes the bands of a file. */
export function describeBands({ layout, metadata, nodata }: BandContext): Band[] {
  const alpha = alphaBand(layout);
  const colours =
    layout.photometric === photometric.rgb || layout.photometric === photometric.yCbCr;
  return Array.from({ length: layout.samples }, (_, index) => {
    const items = metadata.bands.get(index) ?? new Map<string, string>();
    const colour = colours && layout.samples - layout.extraSamples.length === 3;
    const common = index === alpha ? 'alpha' : colour ? ['red', 'green', 'blue'][index] : undefined;
    const named =
      items.get('DESCRIPTION') ?? items.get('BANDNAME') ?? metadata.dataset[`Band_${index + 1}`];
    return {
      name: named?.trim() || common || `band ${index + 1}`,
      type: layout.type,
      scale: numberOf(items, ['SCALE']) ?? 1,
      offset: numberOf(items, ['OFFSET']) ?? 0,
      ...spectral(items, metadata.dataset, index),
      ...optional('nodata', nodata[index]),
      ...optional('unit', items.get('UNITTYPE')),
      ...optional('statistics', statisticsOf(items)),
    };
  });
}

function optional<K extends string, V>(key: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]: V });
}

function numberOf(items: Items, names: readonly string[]): number | undefined {
  for (const name of names) {
    const text = items.get(name)?.trim();
    const value = text === undefined || text === '' ? Number.NaN : Number(text);
    if (Number.isFinite(value)) return value;
  }
  return undefined;
}

/** Centre wavelength, width and bad-band flag, from band items as ENVI converters and GDAL's IMAGERY domain write them. */
function spectral(
  items: Items,
  dataset: Readonly<Record<string, string>>,
  index: number,
): Pick<Band, 'wavelengthNm' | 'fwhmNm' | 'bad'> {
  const unit =
    items.get('WAVELENGTH_UNITS') ?? items.get('WAVELENGTH_UNIT') ?? dataset['wavelength_units'];
  const micrometres = numberOf(items, ['CENTRAL_WAVELENGTH_UM']);
  const wavelength = numberOf(items, [
    'WAVELENGTH',
    'WAVELENGTH_NM',
    'CENTER_WAVELENGTH',
    'CENTRE_WAVELENGTH',
  ]);
  const listed = listItem(dataset['wavelength'] ?? dataset['wavelengths'], index);
  const widthUm = numberOf(items, ['FWHM_UM']);
  const width = numberOf(items, ['FWHM', 'FWHM_NM']) ?? listItem(dataset['fwhm'], index);
  const stated = wavelength ?? listed;
  const factor = nanometres(unit, stated);
  const bad = numberOf(items, ['BBL']) ?? listItem(dataset['bbl'], index);
  return {
    ...optional(
      'wavelengthNm',
      micrometres !== undefined
        ? micrometres * 1000
        : stated !== undefined
          ? stated * factor
          : undefined,
    ),
    ...optional(
      'fwhmNm',
      widthUm !== undefined ? widthUm * 1000 : width !== undefined ? width * factor : undefined,
    ),
    ...(bad === 0 ? { bad: true } : {}),
  };
}

function listItem(list: string | undefined, index: number): number | undefined {
  const word = list?.replace(/[{}]/g, '').split(',')[index]?.trim();
  const value = word === undefined || word === '' ? Number.NaN : Number(word);
  return Number.isFinite(value) ? value : undefined;
}

/** Nanometres of one unit. Without a stated unit, optical wavelengths under 100 can only be micrometres. */
function nanometres(unit: string | undefined, value: number | undefined): number {
  const name = unit?.trim().toLowerCase() ?? '';
  if (/^(nm|nano)/.test(name)) return 1;
  if (/^(um|µm|μm|micro|micron)/.test(name)) return 1000;
  return value !== undefined && value < 100 ? 1000 : 1;
}

function statisticsOf(items: Items): BandStatistics | undefined {
  const min = numberOf(items, ['STATISTICS_MINIMUM']);
  const max = numberOf(items, ['STATISTICS_MAXIMUM']);
  const mean = numberOf(items, ['STATISTICS_MEAN']);
  const std = numberOf(items, ['STATISTICS_STDDEV']);
  if (min === undefined || max === undefined || mean === undefined || std === undefined) {
    return undefined;
  }
  return {
    min,
    max,
    mean,
    std,
    ...optional('validPercent', numberOf(items, ['STATISTICS_VALID_PERCENT'])),
  };
}

/** A nodata text of GDAL as a number; undefined where it is none. */
export function parseNodata(text: string): number | undefined {
  const word = text.trim().toLowerCase();
  if (/^[-+]?(nan|1\.#(qnan|ind))/.test(word)) return Number.NaN;
  if (/^[-+]?(inf|1\.#inf)/.test(word)) return word.startsWith('-') ? -Infinity : Infinity;
  const value = Number.parseFloat(word);
  return Number.isNaN(value) ? undefined : value;
}

/** The nodata value as a sample of the type would hold it; undefined where no sample can. */
export function nodataOf(type: SampleType, value: number | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (type === 'float64') return value;
  if (type === 'float32') return Math.fround(value);
  return Number.isNaN(value) ? undefined : value;
}
