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
    const [id, place, length, value] = words.slice(4 + 4 * i, 8 + 4 * i) as [
      number,
      number,
      number,
      number,
    ];
    if (place === 0) keys.set(id, value);
    else if (place === tags.geoDoubleParams) {
      if (value + length > doubles.length) throw outside(file, id);
      keys.set(id, length === 1 ? doubles[value]! : doubles.slice(value, value + length));
    } else if (place === tags.geoAsciiParams) {
      // Writers differ on whether the last text's end mark is counted.
      if (value > ascii.length || value + length > ascii.length + 2) throw outside(file, id);
      keys.set(id, ascii.slice(value, value + length).replace(/[|\0\s]+$/, ''));
    } else if (place === tags.geoKeyDirectory) {
      if (value + length > words.length) throw outside(file, id);
      keys.set(id, length === 1 ? words[value]! : words.slice(value, value + length));
    }
  }
  return keys;
}

function outside(file: TiffFile, id: number): Error {
  return corrupt(file.source.uri, `its GeoKey ${id} points outside the GeoKey tables`);
}
