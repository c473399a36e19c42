import { AppError } from '../error.ts';
import type { LandClass } from '../vector/roi.ts';

/** Every surface that the layout of a sample scene may place; `surfaces.json` must describe each. */
export const surfaceNames = [
  'water',
  'reed',
  'conifer',
  'broadleaf',
  'meadow',
  'cereal',
  'maize',
  'rapeseed',
  'soil',
  'stubble',
  'asphalt',
  'clay-tile',
  'concrete',
  'metal-roof',
  'garden',
  'mud',
] as const;
export type SurfaceName = (typeof surfaceNames)[number];

/** Kinds of change between two dates, by their number in `Site.change`. */
export const changeNames = ['none', 'felled', 'built', 'receded'] as const;

/** Reflectance (0–1) by wavelength in nm, ascending. */
export type Curve = readonly (readonly [wavelength: number, reflectance: number])[];

/** How a surface is made of two curves and how much it varies (standard deviations, as fractions of its reflectance). */
export type Surface = {
  readonly curve: Curve;
  readonly mixedWith: Curve;
  /** Least and most of the second curve in a parcel. */
  readonly share: readonly [number, number];
  /** From parcel to parcel. */
  readonly brightness: number;
  /** From pixel to pixel. */
  readonly texture: number;
  /** Smooth deviations along the spectrum, from parcel to parcel. */
  readonly shape: number;
};

/** A class of a sample scene and what belongs to it. */
export type SampleClass = LandClass & { readonly members: readonly string[] };

/** What the generator needs from `resources/spectra` and `resources/classes`. */
export type SampleLibrary = {
  /** In the order of `surfaceNames`. */
  readonly surfaces: readonly Surface[];
  readonly hyperspectral: readonly SampleClass[];
  readonly sentinel2: readonly SampleClass[];
  readonly change: readonly SampleClass[];
};

/** The four files that make a library, relative to `resources/`. */
export const libraryFiles = {
  surfaces: 'spectra/surfaces.json',
  hyperspectral: 'classes/hyperspectral.json',
  sentinel2: 'classes/sentinel2.json',
  change: 'classes/change.json',
} as const;

/**
 * The library from the parsed JSON of `libraryFiles`.
 *
 * @throws AppError `corrupt` where something is missing or of another kind
 */
export function parseSampleLibrary(
  files: Readonly<Record<keyof typeof libraryFiles, unknown>>,
): SampleLibrary {
  const spectra = record(files.surfaces, libraryFiles.surfaces);
  const curves = record(spectra['curves'], 'curves');
  const surfaces = record(spectra['surfaces'], 'surfaces');
  const curve = (name: unknown): Curve => {
    const found = record(curves[String(name)], `curve '${String(name)}'`);
    return list(found['points'], `points of '${String(name)}'`).map((point) => {
      const [wavelength, reflectance] = list(point, 'point');
      return [finite(wavelength, 'wavelength'), finite(reflectance, 'reflectance')];
    });
  };
  return {
    surfaces: surfaceNames.map((name) => {
      const entry = record(surfaces[name], `surface '${name}'`);
      const [least, most] = list(entry['share'], `share of '${name}'`);
      return {
        curve: curve(entry['curve']),
        mixedWith: curve(entry['mixedWith']),
        share: [finite(least, 'share'), finite(most, 'share')],
        brightness: finite(entry['brightness'], 'brightness'),
        texture: finite(entry['texture'], 'texture'),
        shape: finite(entry['shape'], 'shape'),
      };
    }),
    hyperspectral: classes(files.hyperspectral, 'surfaces'),
    sentinel2: classes(files.sentinel2, 'surfaces'),
    change: classes(files.change, 'changes'),
  };
}

function classes(file: unknown, membersKey: string): readonly SampleClass[] {
  return list(record(file, 'class file')['classes'], 'classes').map((item) => {
    const entry = record(item, 'class');
    const [red, green, blue] = list(entry['color'], 'color');
    return {
      value: finite(entry['value'], 'value'),
      name: String(entry['name']),
      color: [finite(red, 'red'), finite(green, 'green'), finite(blue, 'blue')],
      macroclass: String(entry['macroclass']),
      members: list(entry[membersKey], membersKey).map(String),
    };
  });
}

function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw broken(what);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw broken(what);
  return value;
}

function finite(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw broken(what);
  return value;
}

function broken(what: string): AppError {
  return new AppError(
    'corrupt',
    `The sample library in resources/ lacks ${what} or has it in another form. Restore the folder as it was delivered.`,
    { what },
  );
}
