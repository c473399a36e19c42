import { corrupt, type Directory, readNumbers, readText, type TiffFile } from './directory.ts';
import { tags } from './tags.ts';

/** GeoTIFF keys by number. */
export type GeoKeys = ReadonlyMap<number, number | string | readonly number[]>;

/** Reads the GeoKey directory. @throws AppError `corrupt` where keys point outside their tables */
export async function readGeoKeys(file: TiffFile, directory: Directory): Promise<GeoKeys> {
  const keys = new Map<number, number | string | readonly number[]>();
  const field = directory.fields.get(tags.geoKeyDirectory);
  if (field === undefined) return keys;
  const words = await readNumbers(file, field);
  const doublesField = directory.fields.get(tags.geoDoubleParams);
  const asciiField = directory.fields.get(tags.geoAsciiParams);
  const doubles = doublesField === undefined ? [] : await readNumbers(file, doublesField);
  const ascii = asciiField === undefined ? '' : await readText(file, asciiField);
  const count = Math.min(words[3] ?? 0, Math.floor((words.length - 4) / 4));
  for (let i = 0; i < count; i++) {
    const [id, place, length, value] = words.slice(4 + 4 * i, 8 + 4 * i) as Entry;
    const found =
      place === 0 ? value : lookUp({ words, doubles, ascii }, [id, place, length, value]);
    if (found === 'outside') {
      throw corrupt(file.source.uri, `its GeoKey ${id} points outside the GeoKey tables`);
    }
    if (found !== undefined) keys.set(id, found);
  }
  return keys;
}

type Entry = [id: number, place: number, length: number, value: number];
type Tables = { readonly words: number[]; readonly doubles: number[]; readonly ascii: string };

/** The value of a key that lies in a table; undefined for a table that is not ours. */
function lookUp(
  { words, doubles, ascii }: Tables,
  [, place, length, value]: Entry,
): number | string | readonly number[] | undefined {
  if (place === tags.geoAsciiParams) {
    // Writers differ on whether the last text's end mark is counted.
    if (value > ascii.length || value + length > ascii.length + 2) return 'outside';
    return ascii.slice(value, value + length).replace(/[|\0\s]+$/, '');
  }
  if (place !== tags.geoDoubleParams && place !== tags.geoKeyDirectory) return undefined;
  const table = place === tags.geoDoubleParams ? doubles : words;
  if (value + length > table.length) return 'outside';
  return length === 1 ? table[value]! : table.slice(value, value + length);
}
