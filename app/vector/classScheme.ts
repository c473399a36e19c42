import { AppError } from '../error.ts';
import { colorsFor } from '../raster/palette.ts';
import type { ClassScheme, LandClass } from './roi.ts';

/** What a label file says of one class. */
export type ClassEntry = {
  readonly name: string;
  readonly color?: LandClass['color'];
  readonly macroclass?: string;
};

/** Most classes of a scheme: class maps are 8 bit and 0 is "no class". */
export const MOST_CLASSES = 255;

/**
 * A class list from names. Where all names are whole numbers from 1 to 255 they are the class values; otherwise classes
 * are numbered from 1 in the order of their names (numbers by size, before words). Classes without colour get one from
 * the default palette.
 * @throws AppError `bad-labels` more than 255 classes
 */
export function buildScheme(entries: readonly ClassEntry[]): ClassScheme {
  const byName = new Map<string, ClassEntry>();
  for (const entry of entries) {
    const known = byName.get(entry.name);
    byName.set(entry.name, known === undefined ? entry : { ...entry, ...known });
  }
  const sorted = [...byName.values()].sort((a, b) => compareNames(a.name, b.name));
  if (sorted.length > MOST_CLASSES)
    throw new AppError(
      'bad-labels',
      `The class field has ${sorted.length} different values; at most ${MOST_CLASSES} classes are possible. Choose another class field.`,
      { classes: sorted.length },
    );
  const numbered = sorted.every(({ name }) => isClassValue(name));
  const colors = colorsFor(sorted.map(({ name }) => name));
  return sorted.map(({ name, color, macroclass }, index) => ({
    value: numbered ? Number(name) : index + 1,
    name,
    color: color ?? colors[index]!,
    ...(macroclass === undefined ? {} : { macroclass }),
  }));
}

/** Numbers by size, then words by code unit: the same on every machine. */
function compareNames(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  const numeric = [isNumber(a), isNumber(b)];
  if (numeric[0] && numeric[1] && x !== y) return x - y;
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

const isNumber = (text: string): boolean => text.trim() !== '' && Number.isFinite(Number(text));

const isClassValue = (name: string): boolean =>
  /^[1-9]\d{0,2}$/.test(name) && Number(name) <= MOST_CLASSES;

/** `#rgb`, `#rrggbb`, `#rrggbbaa` or `r,g,b[,a]` (0–255) as a colour; undefined where it is none of these. */
export function readColor(text: string): LandClass['color'] | undefined {
  const trimmed = text.trim();
  const hex = /^#?([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.exec(trimmed)?.[1];
  if (hex !== undefined) {
    const wide = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
    const part = (at: number): number => Number.parseInt(wide.slice(at, at + 2), 16);
    return [part(0), part(2), part(4)];
  }
  const numbers = /^(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})(\s*,\s*\d{1,3})?$/.exec(trimmed);
  const rgb = numbers?.slice(1, 4).map(Number) as [number, number, number] | undefined;
  return rgb?.every((value) => value <= 255) === true ? rgb : undefined;
}
