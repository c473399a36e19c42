import { describe, expect, it } from 'vitest';
import { shortCrs, utmCode } from './crs.ts';

const wgs84 = 'DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]]';
const greenwich = 'PRIMEM["Greenwich",0.0]';
const degree = 'UNIT["Degree",0.0174532925199433]';

/** A UTM zone as ESRI writes it: without codes. */
function utm(
  options: {
    readonly projection?: string;
    readonly parameters?: Readonly<Record<string, number | undefined>>;
    readonly datum?: string;
    readonly unit?: string;
  } = {},
): string {
  const parameters = {
    False_Easting: 500000,
    False_Northing: 0,
    Central_Meridian: 15,
    Scale_Factor: 0.9996,
    Latitude_Of_Origin: 0,
    ...options.parameters,
  };
  const list = Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `PARAMETER["${name}",${value}],`);
  return (
    `PROJCS["a",GEOGCS["b",${options.datum ?? wgs84},${greenwich},${degree}],` +
    `PROJECTION["${options.projection ?? 'Transverse_Mercator'}"],${list.join('')}${options.unit ?? 'UNIT["Meter",1.0]'}]`
  );
}

describe('coordinate systems from WKT', () => {
  it.each([
    ['WKT 1', 'PROJCS["a",GEOGCS["b",AUTHORITY["EPSG","4326"]],AUTHORITY["EPSG","3035"]]', 3035],
    ['WKT 2', 'PROJCRS["a",BASEGEOGCRS["b",ID["EPSG",4258]],ID["EPSG",25832]]', 25832],
    ['a UTM zone', utm(), 32633],
    ['a zone of the south', utm({ parameters: { False_Northing: 10000000 } }), 32733],
    ['no latitude of origin', utm({ parameters: { Latitude_Of_Origin: undefined } }), 32633],
    ['ETRS 89', utm({ datum: 'DATUM["D_ETRS_1989",SPHEROID["a",1,2]]' }), 25833],
    ['WGS 84 of ESRI', `GEOGCS["GCS_WGS_1984",${wgs84},${greenwich},${degree}]`, 4326],
  ])('%s has a code', (_, wkt, code) => {
    expect(shortCrs(wkt)).toBe(`EPSG:${code}`);
  });

  const paris = 'PRIMEM["Paris",2.337229166666667]';
  it.each([
    ['another projection', utm({ projection: 'Lambert_Conformal_Conic' })],
    ['another scale', utm({ parameters: { Scale_Factor: 1 } })],
    ['another easting', utm({ parameters: { False_Easting: 0 } })],
    ['another northing', utm({ parameters: { False_Northing: 5 } })],
    ['another origin', utm({ parameters: { Latitude_Of_Origin: 49 } })],
    ['no meridian', utm({ parameters: { Central_Meridian: undefined } })],
    ['feet', utm({ unit: 'UNIT["Foot_US",0.3048006096012192]' })],
    ['a shifted datum', utm({ datum: `${wgs84.slice(0, -1)},TOWGS84[1,2,3,0,0,0,0]]` })],
    ['no datum', utm({ datum: 'SPHEROID["a",1,2]' })],
    [
      'a zone of the south over a datum of the north',
      utm({
        datum: 'DATUM["D_North_American_1983",SPHEROID["a",1,2]]',
        parameters: { False_Northing: 10000000 },
      }),
    ],
    ['degrees of another datum', `GEOGCS["a",DATUM["D_Tokyo"],${greenwich},${degree}]`],
    ['degrees without a datum', `GEOGCS["a",${greenwich},${degree}]`],
    ['degrees from Paris', `GEOGCS["a",${wgs84},${paris},${degree}]`],
    ['grads', `GEOGCS["a",${wgs84},${greenwich},UNIT["Grad",0.01570796326794897]]`],
    ['a local system', 'LOCAL_CS["field",UNIT["Meter",1.0]]'],
  ])('%s stays as it is', (_, wkt) => {
    expect(shortCrs(wkt)).toBe(wkt);
  });

  it('zones that are none have no code', () => {
    expect([0, 61, 1.5, Number.NaN].map((zone) => utmCode(zone, true, 'WGS-84'))).toEqual(
      Array(4).fill(undefined),
    );
    expect(utmCode(31, false, 'WGS-84')).toBe(32731);
    expect(utmCode(31, true, 'Tokyo')).toBeUndefined();
  });
});
