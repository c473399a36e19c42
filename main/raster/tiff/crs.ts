import type { GeoKeys } from './geoKeys.ts';

const modelType = 1024;
const citation = 1026;
const geographicType = 2048;
const projectedType = 3072;
const projectedCitation = 3073;
const geographicCitation = 2049;
const userDefined = 32767;

/**
 * The CRS that GeoKeys describe: `EPSG:n` where they name one, else the WKT of an Esri citation, else a PROJ string;
 * undefined where they describe none.
 */
export async function crsOf(keys: GeoKeys): Promise<string | undefined> {
  if (keys.size === 0) return undefined;
  const projected = code(keys, projectedType);
  const geographic = code(keys, geographicType);
  const model = keys.get(modelType);
  const flat = model !== 2 && model !== 3;
  if (flat && projected !== undefined) return `EPSG:${projected}`;
  const wkt = esriWkt(keys);
  if (wkt !== undefined) return wkt;
  // Neither a map projection nor degrees by its own word: what the keys leave out would be guessed.
  if (model === userDefined) return undefined;
  const projection = keys.has(projectedType) || keys.has(3074) || keys.has(3075);
  if (geographic !== undefined && (!flat || !projection)) return `EPSG:${geographic}`;
  return projString(keys);
}

/** An EPSG code under a key; undefined where it is absent, undefined (0) or user-defined. */
function code(keys: GeoKeys, key: number): number | undefined {
  const value = keys.get(key);
  const named = typeof value === 'number' && value > 0 && value !== userDefined;
  return named ? value : undefined;
}

function esriWkt(keys: GeoKeys): string | undefined {
  for (const key of [citation, projectedCitation, geographicCitation]) {
    const text = keys.get(key);
    if (typeof text !== 'string') continue;
    const found = /ESRI PE String = ([A-Z]{4,16}\[.*\])/s.exec(text);
    if (found !== null) return found[1];
  }
  return undefined;
}

/** The spherical Mercator of web maps, which has several retired numbers and spellings. */
const webMercator = /^(?=.*\+proj=merc\b)(?=.*\+a=6378137\b)(?=.*\+b=6378137\b)/;

async function projString(keys: GeoKeys): Promise<string | undefined> {
  const { toProj4 } = await import('geotiff-geokeys-to-proj4');
  const named: Record<string, unknown> = {};
  for (const [id, value] of keys) {
    const name = keyNames.get(id);
    if (name !== undefined) named[name] = value;
  }
  try {
    const result = toProj4(named as unknown as Parameters<typeof toProj4>[0]);
    const text = result.proj4.trim();
    // Without a projection the library answers with an empty or incomplete string.
    if (!/\+proj=\w/.test(text)) return undefined;
    return webMercator.test(text) ? 'EPSG:3857' : text;
  } catch {
    return undefined;
  }
}

/** Names by which the library takes the keys (GeoTIFF 1.0 section 6.2). */
const keyNames: ReadonlyMap<number, string> = new Map([
  [1024, 'GTModelTypeGeoKey'],
  [1025, 'GTRasterTypeGeoKey'],
  [1026, 'GTCitationGeoKey'],
  [2048, 'GeographicTypeGeoKey'],
  [2049, 'GeogCitationGeoKey'],
  [2050, 'GeogGeodeticDatumGeoKey'],
  [2051, 'GeogPrimeMeridianGeoKey'],
  [2052, 'GeogLinearUnitsGeoKey'],
  [2053, 'GeogLinearUnitSizeGeoKey'],
  [2054, 'GeogAngularUnitsGeoKey'],
  [2055, 'GeogAngularUnitSizeGeoKey'],
  [2056, 'GeogEllipsoidGeoKey'],
  [2057, 'GeogSemiMajorAxisGeoKey'],
  [2058, 'GeogSemiMinorAxisGeoKey'],
  [2059, 'GeogInvFlatteningGeoKey'],
  [2060, 'GeogAzimuthUnitsGeoKey'],
  [2061, 'GeogPrimeMeridianLongGeoKey'],
  [2062, 'GeogTOWGS84GeoKey'],
  [3072, 'ProjectedCSTypeGeoKey'],
  [3073, 'PCSCitationGeoKey'],
  [3074, 'ProjectionGeoKey'],
  [3075, 'ProjCoordTransGeoKey'],
  [3076, 'ProjLinearUnitsGeoKey'],
  [3077, 'ProjLinearUnitSizeGeoKey'],
  [3078, 'ProjStdParallel1GeoKey'],
  [3079, 'ProjStdParallel2GeoKey'],
  [3080, 'ProjNatOriginLongGeoKey'],
  [3081, 'ProjNatOriginLatGeoKey'],
  [3082, 'ProjFalseEastingGeoKey'],
  [3083, 'ProjFalseNorthingGeoKey'],
  [3084, 'ProjFalseOriginLongGeoKey'],
  [3085, 'ProjFalseOriginLatGeoKey'],
  [3086, 'ProjFalseOriginEastingGeoKey'],
  [3087, 'ProjFalseOriginNorthingGeoKey'],
  [3088, 'ProjCenterLongGeoKey'],
  [3089, 'ProjCenterLatGeoKey'],
  [3090, 'ProjCenterEastingGeoKey'],
  [3091, 'ProjCenterNorthingGeoKey'],
  [3092, 'ProjScaleAtNatOriginGeoKey'],
  [3093, 'ProjScaleAtCenterGeoKey'],
  [3094, 'ProjAzimuthAngleGeoKey'],
  [3095, 'ProjStraightVertPoleLongGeoKey'],
  [3096, 'ProjRectifiedGridAngleGeoKey'],
  [4096, 'VerticalCSTypeGeoKey'],
  [4097, 'VerticalCitationGeoKey'],
  [4098, 'VerticalDatumGeoKey'],
  [4099, 'VerticalUnitsGeoKey'],
]);
