import { geoKey, userDefined } from '../tiff/geoKeyNumbers.ts';
import type { GeoKey } from './geoKey.ts';

/** A projection of PROJ in GeoTIFF: method code (GeoTIFF 1.1, annex C), and the key of each parameter with its default. */
type Method = {
  readonly code: number;
  readonly parameters: readonly (readonly [name: string, key: number, otherwise: number])[];
};

const shift = [
  ['x_0', geoKey.ProjFalseEasting, 0],
  ['y_0', geoKey.ProjFalseNorthing, 0],
] as const;
const natural = [
  ['lat_0', geoKey.ProjNatOriginLat, 0],
  ['lon_0', geoKey.ProjNatOriginLong, 0],
] as const;
const centre = [
  ['lat_0', geoKey.ProjCenterLat, 0],
  ['lon_0', geoKey.ProjCenterLong, 0],
] as const;
const scale = ['k_0', geoKey.ProjScaleAtNatOrigin, 1] as const;

const methods: Readonly<Record<string, Method>> = {
  tmerc: { code: 1, parameters: [...natural, scale, ...shift] },
  merc: { code: 7, parameters: [...natural, scale, ...shift] },
  'merc 2SP': {
    code: 7,
    parameters: [
      ['lat_ts', geoKey.ProjStdParallel1, 0],
      ['lon_0', geoKey.ProjNatOriginLong, 0],
      ...shift,
    ],
  },
  lcc: {
    code: 8,
    parameters: [
      ['lat_0', geoKey.ProjFalseOriginLat, 0],
      ['lon_0', geoKey.ProjFalseOriginLong, 0],
      ['lat_1', geoKey.ProjStdParallel1, 0],
      ['lat_2', geoKey.ProjStdParallel2, 0],
      ['x_0', geoKey.ProjFalseOriginEasting, 0],
      ['y_0', geoKey.ProjFalseOriginNorthing, 0],
    ],
  },
  'lcc 1SP': { code: 9, parameters: [...natural, scale, ...shift] },
  laea: { code: 10, parameters: [...centre, ...shift] },
  aea: {
    code: 11,
    parameters: [
      ['lat_1', geoKey.ProjStdParallel1, 0],
      ['lat_2', geoKey.ProjStdParallel2, 0],
      ...natural,
      ...shift,
    ],
  },
  aeqd: { code: 12, parameters: [...centre, ...shift] },
  'stere polar': {
    code: 15,
    parameters: [
      ['lat_ts', geoKey.ProjNatOriginLat, 90],
      ['lon_0', geoKey.ProjStraightVertPoleLong, 0],
      scale,
      ...shift,
    ],
  },
  sterea: { code: 16, parameters: [...natural, scale, ...shift] },
  eqc: {
    code: 17,
    parameters: [...centre, ['lat_ts', geoKey.ProjStdParallel1, 0], ...shift],
  },
  poly: { code: 22, parameters: [...natural, ...shift] },
  sinu: { code: 24, parameters: [['lon_0', geoKey.ProjCenterLong, 0], ...shift] },
};

/** Codes of the geodetic CRS behind a named datum. */
const datums: Readonly<Record<string, number>> = { WGS84: 4326, NAD83: 4269, NAD27: 4267 };

/** Code, semi-major axis in metres, inverse flattening (EPSG). */
const ellipsoids: Readonly<Record<string, readonly [number, number, number]>> = {
  WGS84: [7030, 6378137, 298.257223563],
  GRS80: [7019, 6378137, 298.257222101],
  intl: [7022, 6378388, 297],
  bessel: [7004, 6377397.155, 299.1528128],
  krass: [7024, 6378245, 298.3],
  airy: [7001, 6377563.396, 299.3249646],
  clrk66: [7008, 6378206.4, 294.978698213898],
  clrk80: [7012, 6378249.145, 293.465],
  aust_SA: [7003, 6378160, 298.25],
};

/** Code and size in metres of a unit of length. */
const units: Readonly<Record<string, readonly [number, number]>> = {
  m: [9001, 1],
  ft: [9002, 0.3048],
  'us-ft': [9003, 1200 / 3937],
  km: [9036, 1000],
};

/** GeoKeys of a PROJ string, or undefined where GeoTIFF has no keys for what it says. */
export function projectionKeys(proj: string): readonly GeoKey[] | undefined {
  const given = parametersOf(proj);
  if (given.has('pm') || given.has('axis') || given.has('nadgrids')) return undefined;
  const geodetic = geodeticKeys(given);
  if (geodetic === undefined) return undefined;
  const name = given.get('proj');
  const citation: GeoKey = [geoKey.GTCitation, { text: proj }];
  if (name === 'longlat' || name === 'latlong')
    return [[geoKey.GTModelType, { code: 2 }], citation, ...geodetic];
  const unit = units[given.get('units') ?? 'm'];
  const projected = projectedKeys(given, unit?.[1] ?? 1);
  if (projected === undefined || unit === undefined || given.has('to_meter')) return undefined;
  return [
    [geoKey.GTModelType, { code: 1 }],
    citation,
    ...geodetic,
    [geoKey.ProjectedCSType, { code: userDefined }],
    [geoKey.Projection, { code: userDefined }],
    ...projected,
    [geoKey.ProjLinearUnits, { code: unit[0] }],
  ];
}

function parametersOf(proj: string): ReadonlyMap<string, string> {
  const given = new Map<string, string>();
  for (const word of proj.trim().split(/\s+/)) {
    const [name, ...value] = word.replace(/^\+/, '').split('=');
    given.set(name === 'k' ? 'k_0' : name!, value.join('='));
  }
  if (given.get('proj') !== 'utm') return given;
  const zone = Number(given.get('zone'));
  return new Map([
    ...given,
    ['proj', Number.isInteger(zone) && zone >= 1 && zone <= 60 ? 'tmerc' : 'utm'],
    ['lat_0', '0'],
    ['lon_0', String(zone * 6 - 183)],
    ['k_0', '0.9996'],
    ['x_0', '500000'],
    ['y_0', given.has('south') ? '10000000' : '0'],
  ]);
}

function geodeticKeys(given: ReadonlyMap<string, string>): readonly GeoKey[] | undefined {
  const datum = datums[given.get('datum') ?? ''];
  if (datum !== undefined) return [[geoKey.GeographicType, { code: datum }]];
  if (given.has('datum')) return undefined;
  const custom: GeoKey[] = [
    [geoKey.GeographicType, { code: userDefined }],
    [geoKey.GeogGeodeticDatum, { code: userDefined }],
    [geoKey.GeogAngularUnits, { code: 9102 }],
  ];
  const figure = figureOf(given);
  return figure === undefined ? undefined : [...custom, ...figure];
}

function figureOf(given: ReadonlyMap<string, string>): readonly GeoKey[] | undefined {
  const named = given.has('a') || given.has('R') ? undefined : (given.get('ellps') ?? 'GRS80');
  if (named !== undefined) {
    const known = ellipsoids[named];
    if (known === undefined) return undefined;
    const [code, a, flattening] = known;
    return [
      [geoKey.GeogEllipsoid, { code }],
      [geoKey.GeogSemiMajorAxis, { number: a }],
      [geoKey.GeogInvFlattening, { number: flattening }],
    ];
  }
  const a = Number(given.get('R') ?? given.get('a'));
  const shape = shapeOf(given, a);
  if (!(a > 0) || shape === undefined) return undefined;
  return [
    [geoKey.GeogEllipsoid, { code: userDefined }],
    [geoKey.GeogSemiMajorAxis, { number: a }],
    shape,
  ];
}

/** The second figure of an ellipsoid; a sphere where only one is given. */
function shapeOf(given: ReadonlyMap<string, string>, a: number): GeoKey | undefined {
  const name = given.has('rf') ? 'rf' : 'b';
  const value = Number(given.get(name) ?? a);
  if (!(value > 0)) return undefined;
  return [name === 'rf' ? geoKey.GeogInvFlattening : geoKey.GeogSemiMinorAxis, { number: value }];
}

function projectedKeys(
  given: ReadonlyMap<string, string>,
  metres: number,
): readonly GeoKey[] | undefined {
  const method = methods[methodName(given)];
  if (method === undefined) return undefined;
  const keys: GeoKey[] = [[geoKey.ProjCoordTrans, { code: method.code }]];
  for (const [name, id, otherwise] of method.parameters) {
    const text = given.get(name);
    const value = text === undefined ? otherwise : Number(text);
    if (!Number.isFinite(value)) return undefined;
    // PROJ gives false eastings in metres, GeoTIFF in the unit of the CRS
    keys.push([id, { number: name === 'x_0' || name === 'y_0' ? value / metres : value }]);
  }
  return keys;
}

function methodName(given: ReadonlyMap<string, string>): string {
  const name = given.get('proj')!;
  if (name === 'merc' && given.has('lat_ts')) return 'merc 2SP';
  if (name === 'lcc' && !given.has('lat_2')) return 'lcc 1SP';
  if (name === 'stere') return Math.abs(Number(given.get('lat_0'))) === 90 ? 'stere polar' : '';
  return name;
}
