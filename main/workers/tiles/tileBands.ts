import { AppError } from '../../../app/error.ts';
import type { TileFamilyId } from '../../../app/model/tileNetwork.ts';
import { matchBands, type WantedBand } from '../../../app/raster/bandContract.ts';
import type { Band, SceneDescription } from '../../../app/raster/scene.ts';

/** Sentinel-2's bands in the order of the published weights: without the cirrus band B10. */
const sentinel2 = [
  'B01',
  'B02',
  'B03',
  'B04',
  'B05',
  'B06',
  'B07',
  'B08',
  'B8A',
  'B09',
  'B11',
  'B12',
];

/** SatMAE does without the bands of 60 m. */
const satmaeBands = sentinel2.filter((name) => name !== 'B01' && name !== 'B09');

/** `B1` and `B8a` are `B01` and `B8A`. */
const sentinelName = (name: string): string => {
  const [, digits, letter = ''] = /^B0?(\d{1,2})(a?)$/i.exec(name) ?? [];
  if (digits === undefined) return name;
  return letter === '' ? `B${digits.padStart(2, '0')}` : `B${digits}A`;
};

/**
 * The bands of a scene that a new tile model takes: Sentinel-2's by name in the published order where all twelve are
 * there, otherwise all that are not bad, in the order of the file.
 */
export function bandsForModel(
  { bands }: Pick<SceneDescription, 'bands'>,
  family: TileFamilyId = 'spectralgpt',
): readonly Band[] {
  const byName = new Map(bands.map((band) => [sentinelName(band.name), band]));
  const published = family === 'satmae' ? satmaeBands : sentinel2;
  const known = published.map((name) => byName.get(name));
  if (known.every((band) => band !== undefined)) return known;
  return bands.filter(({ bad }) => bad !== true);
}

/**
 * Where the bands of a model lie in a scene, by name or wavelength; amber findings go to `warn`.
 * @throws AppError `bands-mismatch` naming what was needed and found
 */
export function bandsInScene(
  wanted: readonly WantedBand[],
  { bands, uri }: Pick<SceneDescription, 'bands' | 'uri'>,
  warn: (message: string) => void,
): readonly number[] {
  const normal = (band: WantedBand): WantedBand => ({ ...band, name: sentinelName(band.name) });
  const match = matchBands(
    wanted.map(normal),
    bands.map((band) => ({ ...band, name: sentinelName(band.name) })),
  );
  if (match.level !== 'red' && match.indices !== undefined) {
    for (const finding of match.findings) warn(`${uri}: ${finding}`);
    return match.indices;
  }
  throw new AppError(
    'bands-mismatch',
    `${uri} does not have the bands of the model. ${match.findings.join(' ')} Choose scenes of the same sensor.`,
    { needed: wanted.map(({ name }) => name), found: bands.map(({ name }) => name) },
  );
}
