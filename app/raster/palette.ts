import type { Palette } from './scene.ts';

/** Red, green, blue, 0–255 each. */
export type Color = readonly [red: number, green: number, blue: number];

/**
 * Colours for classes, in the order in which they should be used. Chosen by farthest-point search over sRGB: any two
 * differ by at least 15 CIELAB units to normal eyes and as protanopes, deuteranopes and tritanopes see them (Machado et
 * al. 2009), and any two of the first eight by at least 9 units of lightness, so that they survive a grey print.
 * The first eight look like water, buildings, forest, soil, grass, roads, crops and snow.
 */
const classColors: readonly string[] = [
  '004bc3 c5390c 2a371a ca8d81 82d964 907ba1 f3e228 eafffd',
  '5a0f5a 9696ff 964b5a 69ffb4 e18700 c3b4e1 693c96 b44b3c',
  '3c0f87 9669ff 2d87c3 f0b4c3 69003c 961e00 96a55a 5a5a87',
].flatMap((row) => row.split(' '));

/** Colours that people expect of a kind of cover, found by a word in the class name; all are class colours. */
const expected: readonly (readonly [words: RegExp, color: string])[] = [
  [/water|river|lake|sea\b|ocean|pond|canal/i, '004bc3'],
  [/wetland|marsh|mangrove|swamp/i, '69ffb4'],
  [/forest|tree|wood|conifer|deciduous|evergreen|shrub/i, '2a371a'],
  [/grass|meadow|pasture|lawn|vegetation/i, '82d964'],
  [/crop|wheat|corn|maize|soy|field|agric|vineyard|orchard/i, 'f3e228'],
  [/roof|building|urban|built|residential|commercial|house/i, 'c5390c'],
  [/road|asphalt|street|parking|rail|highway|concrete|pavement/i, '907ba1'],
  [/soil|bare|sand|beach|rock|gravel|quarry/i, 'ca8d81'],
  [/snow|ice\b|cloud/i, 'eafffd'],
  [/shadow|dark/i, '5a0f5a'],
];

/** `#rrggbb` (or `rrggbb`) as numbers. @throws RangeError for anything else */
export function parseColor(text: string): Color {
  const digits = /^#?([0-9a-f]{6})$/i.exec(text.trim())?.[1];
  if (digits === undefined) throw new RangeError(`not a colour: ${text}`);
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** `#rrggbb` of a colour. */
export function formatColor(color: readonly number[]): string {
  return `#${color
    .slice(0, 3)
    .map((part) => part.toString(16).padStart(2, '0'))
    .join('')}`;
}

/** The colour of the n-th class (from 0): 24 that colour-blind eyes can tell apart, then darker rounds of the same. */
export function classColor(index: number): Color {
  const color = parseColor(classColors[index % classColors.length]!);
  const shade = 0.7 ** Math.floor(index / classColors.length);
  return [
    Math.round(color[0] * shade),
    Math.round(color[1] * shade),
    Math.round(color[2] * shade),
  ] as const;
}

/**
 * A colour for each class name, all from the colour-blind-safe list: a class whose name says what it is (water, forest,
 * road …) gets the free colour nearest to what people expect, the others take what is left in order.
 */
export function colorsFor(names: readonly string[]): readonly Color[] {
  const offered = Math.max(names.length, classColors.length);
  const free = Array.from({ length: offered }, (_, index) => classColor(index));
  const result: (Color | undefined)[] = names.map((name) => {
    const wish = expected.find(([words]) => words.test(name))?.[1];
    if (wish === undefined) return undefined;
    const target = lab(parseColor(wish));
    const distances = free.map((color) => distance(lab(color), target));
    return free.splice(distances.indexOf(Math.min(...distances)), 1)[0];
  });
  return result.map((color) => color ?? free.shift()!);
}

/** The palette of a class map: opaque class colours, `nodata` (0 unless told) transparent. */
export function classPalette(
  classes: readonly { readonly value: number; readonly color: Color }[],
  nodata = 0,
): Palette {
  const palette = new Map<number, readonly [number, number, number, number]>([
    [nodata, [0, 0, 0, 0]],
  ]);
  for (const { value, color } of classes) palette.set(value, [...color, 255]);
  return palette;
}

/** CIELAB (D65) of an sRGB colour: lightness 0–100, then the two colour axes. */
export function lab(color: Color): readonly [number, number, number] {
  const [r, g, b] = color.map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  const f = (t: number): number => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!);
}
