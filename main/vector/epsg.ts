import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { AppError } from '../../app/error.ts';
import { datumShift } from './datumShifts.ts';

/** What the EPSG index (EPSG and ESRI codes) says of one coordinate system. */
export type EpsgEntry = {
  readonly code: string;
  readonly name: string;
  /** PROJ string with a shift to WGS 84 where one is known. */
  readonly proj: string;
  readonly wkt: string;
  /** False where the datum has no known shift to WGS 84. */
  readonly shifted: boolean;
};

const entries = new Map<string, EpsgEntry>();

/**
 * The entry of a code such as `32633`. Reads one small file; the index as a whole (40 MB) is never loaded.
 * @throws AppError `unknown-crs`
 */
export function epsgEntry(code: string): EpsgEntry {
  let entry = entries.get(code);
  if (entry === undefined) {
    entry = readEntry(code);
    entries.set(code, entry);
  }
  return entry;
}

function readEntry(code: string): EpsgEntry {
  const record = readRecord(code);
  const [name, wkt, proj] = [record['name'], record['wkt'], record['proj4']];
  if (
    typeof proj !== 'string' ||
    proj === '' ||
    !/^CRS-(PROJ|GEOGCRS|GEOG3D|COMPOUND)/.test(record['kind'] ?? '')
  )
    throw new AppError(
      'unknown-crs',
      `EPSG:${code} (${name}) is not a coordinate system of positions on a map. Use a projected or geographic one.`,
      { crs: `EPSG:${code}` },
    );
  return { code, name: name!, wkt: wkt ?? '', ...withShift(proj, wkt ?? '') };
}

function readRecord(code: string): Readonly<Record<string, string>> {
  const unknown = (): AppError =>
    new AppError(
      'unknown-crs',
      `EPSG:${code} is not in the list of coordinate systems. Convert the file to a common one, e.g. EPSG:4326.`,
      { crs: `EPSG:${code}` },
    );
  if (!/^\d{4,6}$/.test(code)) throw unknown();
  try {
    const path = createRequire(import.meta.url).resolve(`epsg-index/s/${code}.json`);
    return JSON.parse(readFileSync(path, 'utf8')) as Readonly<Record<string, string>>;
  } catch {
    throw unknown();
  }
}

/** Replaces a shift that the index has wrong, and grid files, which Prismap does not carry, by the shift of the datum. */
export function withShift(proj: string, wkt: string): { proj: string; shifted: boolean } {
  const datum = /GEOGCS\["[^"]*",\s*DATUM\["([^"]*)"/.exec(wkt)?.[1];
  const shift = datum === undefined ? undefined : datumShift(datum);
  const bare = proj.replace(/\s\+nadgrids=("[^"]*"|\S*)/, (grids) =>
    grids.includes('@null') ? grids : '',
  );
  if (shift !== undefined)
    return { proj: `${bare.replace(/\s\+towgs84=\S*/, '')} +towgs84=${shift}`, shifted: true };
  const shifted =
    bare === proj && /\+(towgs84|datum|nadgrids)=|\+ellps=(GRS80|WGS84)\b|\+R=/.test(proj);
  return { proj: bare, shifted };
}
