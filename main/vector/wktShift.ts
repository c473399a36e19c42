import { epsgEntry } from './epsg.ts';

/**
 * WKT 1 with what proj4 needs to read it right: the datum shift of its geographic system, where it has none itself (GDAL
 * and ESRI leave it away), and names of projections that proj4 does not know.
 */
export function completeWkt(wkt: string): string {
  const named = nameProjection(wkt);
  if (/TOWGS84|PROJ4_GRIDS|BOUNDCRS/i.test(named)) return named;
  const shift = shiftOf(named);
  if (shift === undefined) return named;
  return named.replace(
    /(DATUM\[\s*"[^"]*"\s*,\s*SPHEROID\[(?:[^[\]]|\[[^\]]*\])*\])/i,
    `$1,TOWGS84[${shift}]`,
  );
}

/** Renames projections to what proj4 calls them, with the parameters that it then expects. */
function nameProjection(wkt: string): string {
  const rename = (from: RegExp, to: string): string => wkt.replace(from, `PROJECTION["${to}"]`);
  if (/PROJECTION\[\s*"Cylindrical_Equal_Area"\s*\]/i.test(wkt))
    return rename(/PROJECTION\[[^\]]*\]/i, 'cea').replace(
      /"standard_parallel_1"\s*,\s*([-+\d.eE]+)/i,
      // proj4 takes this one in radians
      (_, degrees: string) => `"lat_ts",${(Number(degrees) * Math.PI) / 180}`,
    );
  const swiss =
    /PROJECTION\[\s*"Hotine_Oblique_Mercator_Azimuth_Center"\s*\]/i.test(wkt) &&
    /PARAMETER\[\s*"azimuth"\s*,\s*90(\.0*)?\s*\]/i.test(wkt);
  return swiss
    ? rename(/PROJECTION\[[^\]]*\]/i, 'somerc').replace(
        /"longitude_of_center"/i,
        '"central_meridian"',
      )
    : wkt;
}

/** Seven parameters of the geographic system inside a WKT, by its EPSG code or by the name that ESRI gives it. */
function shiftOf(wkt: string): string | undefined {
  const inner =
    /GEOGCS\[\s*"([^"]*)"((?:[^[\]]|\[(?:[^[\]]|\[(?:[^[\]]|\[[^\]]*\])*\])*\])*)\]/i.exec(wkt);
  const own = /AUTHORITY\[\s*"EPSG"\s*,\s*"?(\d{4,6})"?\s*\]\s*$/i.exec(inner?.[2] ?? '')?.[1];
  const code = own ?? esriCodes.get(inner?.[1]?.toLowerCase() ?? '');
  if (code === undefined) return undefined;
  try {
    const values = /\+towgs84=(\S+)/.exec(epsgEntry(code).proj)?.[1]?.split(',') ?? [];
    if (values.length === 0) return undefined;
    return Array.from({ length: 7 }, (_, i) => values[i] ?? '0').join(',');
  } catch {
    return undefined;
  }
}

/** EPSG codes of older geographic systems by ESRI's names. Newer ones need no shift. */
const esriCodes: ReadonlyMap<string, string> = new Map([
  ['gcs_amersfoort', '4289'],
  ['gcs_arc_1960', '4210'],
  ['gcs_australian_1966', '4202'],
  ['gcs_australian_1984', '4203'],
  ['gcs_belge_1972', '4313'],
  ['gcs_cape', '4222'],
  ['gcs_ch1903', '4149'],
  ['gcs_ch1903+', '4150'],
  ['gcs_datum_73', '4274'],
  ['gcs_deutsches_hauptdreiecksnetz', '4314'],
  ['gcs_european_1950', '4230'],
  ['gcs_hungarian_1972', '4237'],
  ['gcs_indian_1975', '4240'],
  ['gcs_kkj', '4123'],
  ['gcs_mgi', '4312'],
  ['gcs_monte_mario', '4265'],
  ['gcs_new_zealand_1949', '4272'],
  ['gcs_north_american_1927', '4267'],
  ['gcs_ntf', '4275'],
  ['gcs_ntf_paris', '4807'],
  ['gcs_osgb_1936', '4277'],
  ['gcs_pulkovo_1942', '4284'],
  ['gcs_pulkovo_1942_adj_1983', '4178'],
  ['gcs_pulkovo_1995', '4200'],
  ['gcs_rt_1990', '4124'],
  ['gcs_s_jtsk', '4156'],
  ['gcs_south_american_1969', '4618'],
  ['gcs_tm65', '4299'],
  ['gcs_tokyo', '4301'],
]);
