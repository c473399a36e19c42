/**
 * The EPSG code of a WKT text where it is certain: the authority of the whole, WGS 84 itself, or a UTM zone by its
 * parameters (ESRI's texts carry no codes). Otherwise the text as it is.
 */
export function shortCrs(wkt: string): string {
  const code = authorityOf(wkt) ?? utmOf(wkt) ?? geographicOf(wkt);
  return code === undefined ? wkt : `EPSG:${code}`;
}

/** EPSG codes of the datums whose UTM zones are consecutive codes: [north base, south base]. */
const utmBases: readonly (readonly [RegExp, number, number | undefined])[] = [
  [/^(D_|GCS_)?(WGS[ _-]?(19)?84|World Geodetic System 1984)$/i, 32600, 32700],
  [
    /^(D_|GCS_)?(North[ _]American[ _](Datum[ _])?1983|NAD[ _]?83|North America 1983)$/i,
    26900,
    undefined,
  ],
  [
    /^(D_|GCS_)?(North[ _]American[ _](Datum[ _])?1927|NAD[ _]?27|North America 1927)$/i,
    26700,
    undefined,
  ],
  [
    /^(D_|GCS_)?(ETRS[ _](19)?89|European[ _]Terrestrial[ _]Reference[ _]System[ _]1989)$/i,
    25800,
    undefined,
  ],
];

/** EPSG code of a UTM zone over a datum named as in WKT or ENVI headers. */
export function utmCode(zone: number, north: boolean, datum: string): number | undefined {
  if (!Number.isInteger(zone) || zone < 1 || zone > 60) return undefined;
  for (const [name, northBase, southBase] of utmBases) {
    if (!name.test(datum.trim())) continue;
    const base = north ? northBase : southBase;
    return base === undefined ? undefined : base + zone;
  }
  return undefined;
}

/** Whether a datum name, as in WKT or ENVI headers, is WGS 84. */
export function isWgs84(datum: string): boolean {
  return utmBases[0]![0].test(datum.trim());
}

function authorityOf(wkt: string): number | undefined {
  const match =
    /(?:AUTHORITY\s*\[\s*"EPSG"\s*,\s*"?(\d+)"?\s*\]|ID\s*\[\s*"EPSG"\s*,\s*(\d+)\s*\])\s*\]\s*$/i.exec(
      wkt,
    );
  return match === null ? undefined : Number(match[1] ?? match[2]);
}

function utmOf(wkt: string): number | undefined {
  if (!/^\s*PROJCS\s*\[/i.test(wkt) || !/PROJECTION\s*\[\s*"Transverse_Mercator"/i.test(wkt)) {
    return undefined;
  }
  const datum = /DATUM\s*\[\s*"([^"]*)"/i.exec(wkt)?.[1];
  const meridian = parameter(wkt, 'Central_Meridian');
  const northing = parameter(wkt, 'False_Northing');
  const usual =
    parameter(wkt, 'Scale_Factor') === 0.9996 &&
    parameter(wkt, 'False_Easting') === 500000 &&
    (parameter(wkt, 'Latitude_Of_Origin') ?? 0) === 0 &&
    /UNIT\s*\[\s*"met(re|er)s?"\s*,\s*1(\.0*)?\s*[\],]/i.test(wkt) &&
    !/TOWGS84/i.test(wkt);
  if (!usual || datum === undefined || meridian === undefined) return undefined;
  if (northing !== 0 && northing !== 10000000) return undefined;
  return utmCode((meridian + 183) / 6, northing === 0, datum);
}

function geographicOf(wkt: string): number | undefined {
  if (!/^\s*GEOGCS\s*\[/i.test(wkt)) return undefined;
  const datum = /DATUM\s*\[\s*"([^"]*)"/i.exec(wkt)?.[1];
  const degrees = /UNIT\s*\[\s*"degrees?"\s*,\s*0\.01745329251994/i.test(wkt);
  const greenwich = /PRIMEM\s*\[\s*"Greenwich"\s*,\s*0(\.0*)?\s*[\],]/i.test(wkt);
  return datum !== undefined && degrees && greenwich && isWgs84(datum) ? 4326 : undefined;
}

function parameter(wkt: string, name: string): number | undefined {
  const match = new RegExp(`PARAMETER\\s*\\[\\s*"${name}"\\s*,\\s*([-+.\\deE]+)`, 'i').exec(wkt);
  return match === null ? undefined : Number(match[1]);
}
