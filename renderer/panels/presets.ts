import type { SceneInfo } from '../../app/contract/desk/scenes.ts';

type Role = 'blue' | 'green' | 'red' | 'nir' | 'swir1' | 'swir2' | 'rededge';

/** Centre wavelengths of the Sentinel-2 bands of these names, nm. */
const centers: Readonly<Record<Role, number>> = {
  blue: 490,
  green: 560,
  red: 665,
  rededge: 705,
  nir: 842,
  swir1: 1610,
  swir2: 2190,
};
const tolerance = 60;
const sentinel: Readonly<Record<Role, RegExp>> = {
  blue: /^B0?2$/i,
  green: /^B0?3$/i,
  red: /^B0?4$/i,
  rededge: /^B0?5$/i,
  nir: /^B0?8$/i,
  swir1: /^B11$/i,
  swir2: /^B12$/i,
};

/** The band (from 0) that plays a role: nearest in wavelength, else by its Sentinel-2 name. */
function bandOf(info: SceneInfo, role: Role): number | undefined {
  let best: number | undefined;
  let distance = tolerance;
  info.bands.forEach(({ wavelengthNm }, index) => {
    const away = Math.abs((wavelengthNm ?? Number.POSITIVE_INFINITY) - centers[role]);
    if (away < distance) [best, distance] = [index, away];
  });
  const named = info.bands.findIndex(({ name }) => sentinel[role].test(name));
  return best ?? (named < 0 ? undefined : named);
}

export const composites: readonly (readonly [string, readonly [Role, Role, Role]])[] = [
  ['Natural colour', ['red', 'green', 'blue']],
  ['Colour infrared', ['nir', 'red', 'green']],
  ['False colour, urban', ['swir2', 'swir1', 'red']],
  ['Agriculture', ['swir1', 'nir', 'blue']],
  ['Short-wave infrared', ['swir2', 'nir', 'red']],
];

/** Composites that the bands of a scene allow. */
export function compositesOf(
  info: SceneInfo,
): readonly { name: string; rgb: [number, number, number] }[] {
  return composites.flatMap(([name, roles]) => {
    const rgb = roles.map((role) => bandOf(info, role));
    return rgb.includes(undefined) ? [] : [{ name, rgb: rgb as [number, number, number] }];
  });
}

type Index = { readonly name: string; readonly title: string; readonly expression: string };

export const indices: readonly (readonly [name: string, title: string, formula: string])[] = [
  ['NDVI', 'vegetation', '({nir} - {red}) / ({nir} + {red})'],
  ['NDWI', 'open water', '({green} - {nir}) / ({green} + {nir})'],
  ['MNDWI', 'water among buildings', '({green} - {swir1}) / ({green} + {swir1})'],
  ['NDBI', 'built-up', '({swir1} - {nir}) / ({swir1} + {nir})'],
  ['NBR', 'burnt areas', '({nir} - {swir2}) / ({nir} + {swir2})'],
  ['NDMI', 'moisture', '({nir} - {swir1}) / ({nir} + {swir1})'],
];

/** Indices that the bands of a scene allow, written with its own band names. */
export function indicesOf(info: SceneInfo): readonly Index[] {
  return indices.flatMap(([name, title, formula]) => {
    let missing = false;
    const expression = formula.replace(/\{(\w+)\}/g, (_, role: Role) => {
      const band = bandOf(info, role);
      if (band === undefined) missing = true;
      return `b${(band ?? 0) + 1}`;
    });
    return missing ? [] : [{ name, title, expression }];
  });
}
