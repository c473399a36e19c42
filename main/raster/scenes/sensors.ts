import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../../app/error.ts';

/** One band of a sensor, from its published table. */
export type SensorBand = {
  readonly name: string;
  readonly centreNm: number;
  readonly fwhmNm: number;
  readonly resolutionM: number;
};

export type Sensor = { readonly sensor: string; readonly bands: readonly SensorBand[] };

export type SensorId = 'sentinel-2a' | 'sentinel-2b';

const folder = join(import.meta.dirname, '../../../resources/sensors');

/** Reads a band table of `resources/sensors`. @throws AppError `internal` where the installation lacks it */
export async function readSensor(id: SensorId): Promise<Sensor> {
  const path = join(folder, `${id}.json`);
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Sensor;
  } catch {
    throw new AppError('internal', `The band table ${path} is missing. Install Prismap again.`, {
      path,
    });
  }
}

/** How a sensor is told from a path; `band` gives the sensor's own name of a band from a file name. */
type Recogniser = {
  readonly sensor: SensorId;
  readonly matches: RegExp;
  readonly band: (stem: string) => string | undefined;
};

const recognisers: readonly Recogniser[] = [
  { sensor: 'sentinel-2b', matches: /S2B_|Sentinel[-_]?2B/i, band: sentinel2Band },
  {
    sensor: 'sentinel-2a',
    // Products by name, tiles by grid square and time, and the plain `S2_B04` of many data sets.
    matches: /S2[A-D]?[_-]|Sentinel[-_]?2|T\d{2}[A-Z]{3}_\d{8}T\d{6}/i,
    band: sentinel2Band,
  },
];

/** `B01` … `B12` or `B8A`, where a name ends in one (a resolution may follow, as in `…_B02_10m`). */
export function sentinel2Band(stem: string): string | undefined {
  const match = /(?:^|[_\-. ])B(0?[1-9]|1[0-2]|8A)(?:_\d{2}m)?$/i.exec(stem);
  if (match === null) return undefined;
  const number = match[1]!.toUpperCase();
  return number === '8A' ? 'B8A' : `B${number.padStart(2, '0')}`;
}

/** The sensor and bands that file names (without extension) speak of, or undefined unless all of them do. */
export function recogniseSensor(
  stems: readonly string[],
): { readonly sensor: SensorId; readonly bands: readonly string[] } | undefined {
  for (const { sensor, matches, band } of recognisers) {
    const bands = stems.map((stem) => (matches.test(stem) ? band(stem) : undefined));
    if (bands.length > 0 && bands.every((name) => name !== undefined)) return { sensor, bands };
  }
  return undefined;
}
