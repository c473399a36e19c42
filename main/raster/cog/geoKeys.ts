import { readFile } from 'node:fs/promises';
import { AppError } from '../../../app/error.ts';
import { geoKey, userDefined } from '../tiff/geoKeyNumbers.ts';
import type { GeoKey } from './geoKey.ts';
import { projectionKeys } from './projectionKeys.ts';

/**
 * The GeoKeys of a CRS (`EPSG:n`, WKT or PROJ). A known EPSG code is written as such; a WKT as the string that ArcGIS
 * writes and GDAL reads, with the parameters beside it where GeoTIFF has keys for them; a PROJ string as parameters.
 * @throws AppError `unknown-crs`
 */
export async function geoKeysOf(crs: string | undefined): Promise<readonly GeoKey[]> {
  const pixelIsArea: GeoKey = [geoKey.GTRasterType, { code: 1 }];
  if (crs === undefined) return [pixelIsArea];
  const code = epsgOf(crs);
  const known = code === undefined ? undefined : await epsgKeys(code);
  const keys = known ?? (code !== undefined && isCode(crs) ? undefined : textKeys(crs));
  if (keys === undefined)
    throw new AppError(
      'unknown-crs',
      `The coordinate system ${short(crs)} cannot be written to a GeoTIFF. Give it as EPSG code or as WKT.`,
      { crs },
    );
  return [...keys, pixelIsArea].sort((a, b) => a[0] - b[0]);
}

const isCode = (crs: string): boolean => /^EPSG:\d+$/i.test(crs.trim());
const short = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}…` : text);

/** The EPSG code that a text is or that its WKT declares for the whole CRS. */
function epsgOf(crs: string): number | undefined {
  const text = crs.trim();
  const direct = /^(?:EPSG:|urn:ogc:def:crs:EPSG:[^:]*:)(\d+)$/i.exec(text)?.[1];
  const declared = /(?:AUTHORITY|ID)\s*\[\s*"EPSG"\s*,\s*"?(\d+)"?\s*\]\s*\]\s*$/i.exec(text)?.[1];
  const found = direct ?? declared ?? utmCode(text);
  return found === undefined ? undefined : Number(found);
}

/** The code of the PROJ strings that scenes carry most: WGS 84 by degrees and by UTM zone. */
function utmCode(text: string): string | undefined {
  if (!text.startsWith('+proj=') || /\+towgs84|\+nadgrids|\+pm=|\+axis/.test(text))
    return undefined;
  if (!/\+(datum|ellps)=WGS84\b/.test(text) || /\+units=(?!m\b)/.test(text)) return undefined;
  if (/\+proj=longlat\b/.test(text)) return '4326';
  const zone = /\+proj=utm\b/.test(text) ? /\+zone=(\d+)\b/.exec(text)?.[1] : undefined;
  if (zone === undefined) return undefined;
  return `${/\+south\b/.test(text) ? 327 : 326}${zone.padStart(2, '0')}`;
}

type EpsgEntry = { readonly kind: string; readonly wkt: string | null };

async function epsgKeys(code: number): Promise<readonly GeoKey[] | undefined> {
  const entry = await epsgEntry(code);
  switch (entry?.kind) {
    case 'CRS-PROJCRS':
      return [
        [geoKey.GTModelType, { code: 1 }],
        [geoKey.ProjectedCSType, { code }],
      ];
    case 'CRS-GEOGCRS':
    case 'CRS-GEOG3DCRS':
      return [
        [geoKey.GTModelType, { code: 2 }],
        [geoKey.GeographicType, { code }],
      ];
    case 'CRS-GCENCRS':
      return [
        [geoKey.GTModelType, { code: 3 }],
        [geoKey.GeographicType, { code }],
      ];
    case 'CRS-COMPOUNDCRS':
      return compoundKeys(entry.wkt ?? '');
    default:
      return undefined;
  }
}

async function epsgEntry(code: number): Promise<EpsgEntry | undefined> {
  try {
    const url = new URL(import.meta.resolve(`epsg-index/s/${code}.json`));
    return JSON.parse(await readFile(url, 'utf8')) as EpsgEntry;
  } catch {
    return undefined;
  }
}

/** Horizontal and vertical part of a compound CRS, by the codes that its WKT gives them. */
async function compoundKeys(wkt: string): Promise<readonly GeoKey[] | undefined> {
  const parts = /^COMPD_CS\["[^"]*",(.*),VERT_CS\[(.*)\],AUTHORITY\["EPSG","\d+"\]\]$/s.exec(wkt);
  const horizontal = parts === null ? undefined : epsgOf(parts[1]!);
  const vertical = parts === null ? undefined : epsgOf(`VERT_CS[${parts[2]!}]`);
  if (horizontal === undefined || vertical === undefined) return undefined;
  const keys = await epsgKeys(horizontal);
  return keys === undefined ? undefined : [...keys, [geoKey.VerticalCSType, { code: vertical }]];
}

function textKeys(crs: string): readonly GeoKey[] | undefined {
  const text = crs.trim();
  if (text.startsWith('+proj=')) return projectionKeys(text);
  if (!/^[A-Z_0-9]+\s*\[/i.test(text)) return undefined;
  // "user-defined" as model: readers that know the string take it whole, nobody takes half of it
  return [
    [geoKey.GTModelType, { code: userDefined }],
    [geoKey.PCSCitation, { text: `ESRI PE String = ${text}` }],
  ];
}
