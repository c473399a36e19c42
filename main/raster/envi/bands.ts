import type { SampleType } from '../../../app/raster/samples.ts';
import type { Band, Palette } from '../../../app/raster/scene.ts';
import { type EnviFields, listField, numberList } from './header.ts';

/** Names, wavelengths, scales and bad-band marks of every band. */
export function bandsOf(fields: EnviFields, count: number, type: SampleType): Band[] {
  const names = listField(fields, 'band names');
  const nanometres = wavelengths(fields, count);
  const gains = numberList(fields, 'data gain values', count);
  const offsets = numberList(fields, 'data offset values', count);
  const factor = Number(fields.get('reflectance scale factor'));
  const reflectance = Number.isFinite(factor) && factor > 0;
  const ignored = fields.get('data ignore value');
  const nodata = ignored === undefined || ignored === '' ? Number.NaN : Number(ignored);
  const good = numberList(fields, 'bbl', count);
  return Array.from({ length: count }, (_, i): Band => {
    return {
      name: names[i] || `Band ${i + 1}`,
      type,
      ...spectrumOf(nanometres, i),
      ...(Number.isNaN(nodata) ? {} : { nodata }),
      scale: gains?.[i] ?? (reflectance ? 1 / factor : 1),
      offset: offsets?.[i] ?? 0,
      ...(reflectance ? { unit: 'reflectance' } : {}),
      ...(good?.[i] === 0 ? { bad: true } : {}),
    };
  });
}

type Wavelengths = { readonly centres: readonly number[]; readonly widths?: readonly number[] };

function spectrumOf(
  wavelengths: Wavelengths | undefined,
  i: number,
): Pick<Band, 'wavelengthNm' | 'fwhmNm'> {
  const wavelengthNm = wavelengths?.centres[i];
  const fwhmNm = wavelengths?.widths?.[i];
  return {
    ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
    ...(fwhmNm === undefined ? {} : { fwhmNm }),
  };
}

/** Wavelengths in nanometres, by the unit of the header or, where it names none, by their size. */
function wavelengths(fields: EnviFields, count: number): Wavelengths | undefined {
  const centres = numberList(fields, 'wavelength', count);
  if (centres === undefined) return undefined;
  const factor = nanometresPer(fields.get('wavelength units') ?? '', centres);
  if (factor === undefined) return undefined;
  const widths = numberList(fields, 'fwhm', count);
  const scaled = (values: readonly number[]): number[] =>
    values.map((value) => Number((value * factor).toPrecision(12)));
  return {
    centres: scaled(centres),
    ...(widths === undefined ? {} : { widths: scaled(widths) }),
  };
}

function nanometresPer(unit: string, values: readonly number[]): number | undefined {
  const name = unit.trim().toLowerCase();
  if (/^(micromet(er|re)s?|microns?|um|µm|μm)$/.test(name)) return 1000;
  if (/^(nanomet(er|re)s?|nm)$/.test(name)) return 1;
  if (/^(millimet(er|re)s?|mm)$/.test(name)) return 1e6;
  if (/^(angstroms?|å)$/.test(name)) return 0.1;
  if (name !== '' && name !== 'unknown') return undefined;
  // Sensors of reflected light measure from 0.3 to 2.6 µm: no unit is needed to tell 0.55 from 550.
  if (values.every((value) => value > 0.2 && value < 30)) return 1000;
  if (values.every((value) => value > 200 && value < 30000)) return 1;
  return undefined;
}

/** Class names and colours of an `ENVI Classification`. */
export function classesOf(fields: EnviFields): {
  readonly classNames?: ReadonlyMap<number, string>;
  readonly palette?: Palette;
} {
  if (!/classification/i.test(fields.get('file type') ?? '')) return {};
  const names = listField(fields, 'class names');
  const numbers = listField(fields, 'class lookup').map(Number);
  const colours = Math.floor(numbers.length / 3);
  const clamp = (value: number): number => Math.min(255, Math.max(0, Math.round(value) || 0));
  const palette = new Map(
    Array.from({ length: colours }, (_, i) => [
      i,
      [
        clamp(numbers[3 * i]!),
        clamp(numbers[3 * i + 1]!),
        clamp(numbers[3 * i + 2]!),
        255,
      ] as const,
    ]),
  );
  return {
    ...(names.length === 0 ? {} : { classNames: new Map(names.map((name, i) => [i, name])) }),
    ...(palette.size === 0 ? {} : { palette }),
  };
}
