import { geoKey, userDefined } from './geoKeyNumbers.ts';
import type { GeoKeys } from './geoKeys.ts';

/** Names by which the library takes the keys. */
const keyNames: ReadonlyMap<number, string> = new Map(
  Object.entries(geoKey).map(([name, number]) => [number, `${name}GeoKey`]),
);

/**
 * The CRS that GeoKeys describe: `EPSG:n` where they name one, else the WKT of an Esri citation, else a PROJ string;
 * undefined where they describe none.
 */
export async function crsOf(keys: GeoKeys): Promise<string | undefined> {
  if (keys.size === 0) return undefined;
  const projected = code(keys, geoKey.ProjectedCSType);
  const geographic = code(keys, geoKey.GeographicType);
  const model = keys.get(geoKey.GTModelType);
  const flat = model !== 2 && model !== 3;
  if (flat && projected !== undefined) return `EPSG:${projected}`;
  const wkt = esriWkt(keys);
  if (wkt !== undefined) return wkt;
  // Neither a map projection nor degrees by its own word: what the keys leave out would be guessed.
  if (model === userDefined) return undefined;
  const projection = [geoKey.ProjectedCSType, geoKey.Projection, geoKey.ProjCoordTrans].some(
    (key) => keys.has(key),
  );
  if (geographic !== undefined && (!flat || !projection)) return `EPSG:${geographic}`;
  return projString(keys, flat ? mapProjection : anyProjection);
}

/** An EPSG code under a key; undefined where it is absent, undefined (0) or user-defined. */
function code(keys: GeoKeys, key: number): number | undefined {
  const value = keys.get(key);
  const named = typeof value === 'number' && value > 0 && value !== userDefined;
  return named ? value : undefined;
}

function esriWkt(keys: GeoKeys): string | undefined {
  for (const key of [geoKey.GTCitation, geoKey.PCSCitation, geoKey.GeogCitation]) {
    const text = keys.get(key);
    if (typeof text !== 'string') continue;
    const found = /ESRI PE String = ([A-Z]{4,16}\[.*\])/s.exec(text);
    if (found !== null) return found[1];
  }
  return undefined;
}

/** The spherical Mercator of web maps, which has several retired numbers and spellings. */
const webMercator = /^(?=.*\+proj=merc\b)(?=.*\+a=6378137\b)(?=.*\+b=6378137\b)/;

/** Where no map projection is described that it knows, the library answers with degrees, on an ellipsoid or on none. */
const mapProjection = /\+proj=(?!(?:longlat|latlong)\b)\w/;
const anyProjection = /\+proj=\w/;

async function projString(keys: GeoKeys, wanted: RegExp): Promise<string | undefined> {
  const { toProj4 } = await import('geotiff-geokeys-to-proj4');
  const named: Record<string, unknown> = {};
  for (const [id, value] of keys) {
    const name = keyNames.get(id);
    if (name !== undefined) named[name] = value;
  }
  try {
    const result = toProj4(named as unknown as Parameters<typeof toProj4>[0]);
    const text = result.proj4.trim();
    if (!wanted.test(text)) return undefined;
    return webMercator.test(text) ? 'EPSG:3857' : text;
  } catch {
    return undefined;
  }
}
