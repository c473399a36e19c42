import { stat } from 'node:fs/promises';
import { AppError } from '../../../app/error.ts';
import type { TileFamilyId } from '../../../app/model/tileNetwork.ts';
import type { WantedBand } from '../../../app/raster/bandContract.ts';
import { clip, type Grid, type Window, wholeWindow } from '../../../app/raster/grid.ts';
import type { RelativeRadiometry } from '../../../app/raster/relativeRadiometry.ts';
import type { ResamplingMethod } from '../../../app/raster/resample.ts';
import type { SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import { openScene } from '../../raster/formats.ts';
import { inUnitsOf, type KnownUnits, lookAt } from '../tiles/modelUnits.ts';
import { bandsForModel, bandsInScene } from '../tiles/tileBands.ts';
import { type Registration, radiometryOf, registrationOf, samePicture } from './pairChecks.ts';
import { type PairDate, samplePair } from './pairSamples.ts';
import { gridTransform, resampledScene } from './resampledScene.ts';

/** What was found when two dates were laid over each other. */
export type PairFindings = {
  /** How the second date was brought onto the grid of the first; absent where it lies on it. */
  readonly resampled?: ResamplingMethod;
  /** Share of the first date that the second covers, by their rectangles. */
  readonly overlap: number;
  readonly registration?: Registration;
  readonly radiometry?: RelativeRadiometry;
  /** Whether the second date is read as if taken in the light of the first. */
  readonly normalised: boolean;
};

/** Two dates of one place on the grid of the first. */
export type ScenePair = {
  readonly before: PairDate;
  readonly after: PairDate;
  readonly grid: Grid;
  /** The bands of both, in their common order, as the first date describes them. */
  readonly bands: readonly WantedBand[];
  /** Part of the grid that the second date reaches into. */
  readonly overlap: Window;
  readonly findings: PairFindings;
  readonly files: readonly { readonly role: string; readonly uri: string }[];
  close(): Promise<void>;
};

export type PairOptions = {
  /** Bands of a model; those that a new one takes where absent. */
  readonly bands?: readonly WantedBand[] | undefined;
  /** Of a model: both dates are brought to them; the second to those of the first where absent. */
  readonly units?: KnownUnits | undefined;
  /** Which network they are for; SpectralGPT where absent. */
  readonly family?: TileFamilyId;
  readonly resampling: ResamplingMethod;
  readonly normalise: boolean;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
};

/** Beyond this, in pixels, edges of unchanged things look like change. */
const farthestShift = 0.5;
/** Windows that scatter more, in pixels, do not tell one shift. */
const widestSpread = 0.75;
/** Mean difference in standard deviations, and change of contrast, from which light is worth a warning. */
const [largestDifference, largestGain] = [0.3, 1.25];

/**
 * Opens two dates, the second on the grid of the first (resampled while reading where it lies on another), and checks that
 * they are two, meet, lie where they say and were taken in comparable light.
 * @throws AppError `usage` one file twice, `no-overlap`, `no-crs`, `bands-mismatch`
 */
export async function openPair(
  uris: { readonly before: string; readonly after: string },
  options: PairOptions,
): Promise<ScenePair> {
  if (await isSameFile(uris.before, uris.after)) throw sameScene(uris.before);
  const first = await openScene(uris.before);
  try {
    const second = await openScene(uris.after);
    try {
      return await layOver(first, second, options);
    } catch (error) {
      await second.close();
      throw error;
    }
  } catch (error) {
    await first.close();
    throw error;
  }
}

async function layOver(
  one: SceneSource,
  other: SceneSource,
  { bands: wanted, units, family, resampling, normalise, warn, signal }: PairOptions,
): Promise<ScenePair> {
  const { grid } = one.description;
  const bands = wanted ?? bandsForModel(one.description, family);
  const indices = bandsInScene(bands, one.description, warn);
  const others = bandsInScene(bands, other.description, warn);
  const first = await inUnitsOf(units, one, indices, warn);
  const own = { means: (await lookAt(first, indices)).means, of: 'the first date' };
  const second = await inUnitsOf(units ?? own, other, others, warn);
  const [sameGrid, overlap] = placeOf(first.description, second.description, warn);
  const placed = sameGrid ? second : resampledScene(second, grid, resampling);
  const before: PairDate = { source: first, bands: indices };
  const raw: PairDate = { source: placed, bands: others };
  const samples = await samplePair(before, raw, overlap, signal);
  if (samples.windows.length === 0)
    warn(
      'The two dates have hardly any pixels with data in common; their places and light were not compared.',
    );
  if (samePicture(samples)) throw sameScene(first.description.uri, second.description.uri);
  const registration = registrationOf(samples);
  const radiometry = radiometryOf(samples);
  const normalised = normalise && radiometry !== undefined;
  for (const line of [
    ...resampledWords(second.description, sameGrid, resampling),
    ...registrationWords(registration, samples.windows.length),
    ...radiometryWords(radiometry, bands, { normalise, normalised }),
  ])
    warn(line);
  const after = normalised ? { ...raw, source: inLightOf(raw, radiometry) } : raw;
  const files = (role: string, { files: own }: SceneDescription) =>
    own.map((uri) => ({ role, uri }));
  return {
    before,
    after,
    grid,
    bands: bands.map((band, i) => ({ ...first.description.bands[indices[i]!]!, ...band })),
    overlap,
    findings: {
      ...(sameGrid ? {} : { resampled: resampling }),
      overlap: (overlap.width * overlap.height) / (grid.width * grid.height),
      ...(registration === undefined ? {} : { registration }),
      ...(radiometry === undefined ? {} : { radiometry }),
      normalised,
    },
    files: [...files('before', first.description), ...files('after', second.description)],
    close: async () => {
      await first.close();
      await after.source.close();
    },
  };
}

/** The same file by name or by link; addresses by their text. */
async function isSameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  const [first, second] = await Promise.all(
    [a, b].map((path) => stat(path).catch(() => undefined)),
  );
  return first !== undefined && first.ino === second?.ino && first.dev === second.dev;
}

const sameScene = (before: string, after?: string): AppError =>
  new AppError(
    'usage',
    after === undefined
      ? `${before} was given for both dates. Give two scenes of one place, taken at different times.`
      : `${before} and ${after} hold the same pixels: they are one picture. Give two scenes taken at different times.`,
    { before, ...(after === undefined ? {} : { after }) },
  );

/** Whether both lie on one grid, and the part of the first that the second reaches into. @throws AppError `no-overlap` */
function placeOf(
  first: SceneDescription,
  second: SceneDescription,
  warn: (message: string) => void,
): readonly [sameGrid: boolean, overlap: Window] {
  const [a, b] = [first.grid, second.grid];
  const locate = gridTransform(b, a, second.uri);
  for (const warning of locate.warnings) warn(warning);
  const sides = Array.from({ length: 33 }, (_, i) => i / 32);
  const border = sides.flatMap((t) => [
    locate(t * b.width, 0),
    locate(t * b.width, b.height),
    locate(0, t * b.height),
    locate(b.width, t * b.height),
  ]);
  const off = Math.max(
    ...[locate(0, 0), locate(b.width, b.height)].map(([x, y], i) =>
      Math.hypot(x - i * a.width, y - i * a.height),
    ),
  );
  if (off < 1e-3 && a.width === b.width && a.height === b.height) return [true, wholeWindow(a)];
  const known = border.filter(([x, y]) => Number.isFinite(x + y));
  const [xs, ys] = [known.map(([x]) => x), known.map(([, y]) => y)];
  const [x, y] = [Math.floor(Math.min(...xs) + 1e-3), Math.floor(Math.min(...ys) + 1e-3)];
  const overlap =
    known.length === 0
      ? undefined
      : clip(
          {
            x,
            y,
            width: Math.ceil(Math.max(...xs) - 1e-3) - x,
            height: Math.ceil(Math.max(...ys) - 1e-3) - y,
          },
          a,
        );
  if (overlap !== undefined) return [false, overlap];
  throw new AppError(
    'no-overlap',
    `${second.uri} shows another place than ${first.uri}: the two do not meet. Choose two dates of one place.`,
    { before: first.uri, after: second.uri },
  );
}

/** The second date read as if taken in the light of the first: its scale and offset are turned, no pixel is written. */
function inLightOf(
  { source, bands }: PairDate,
  { bands: lights }: RelativeRadiometry,
): SceneSource {
  const { description } = source;
  const turned = [...description.bands];
  for (const [i, index] of bands.entries()) {
    const { gain, offset } = lights[i]!;
    const band = turned[index]!;
    turned[index] = { ...band, scale: band.scale / gain, offset: (band.offset - offset) / gain };
  }
  return {
    description: { ...description, bands: turned },
    read: (request) => source.read(request),
    close: () => source.close(),
  };
}

function resampledWords(
  { uri }: SceneDescription,
  sameGrid: boolean,
  method: ResamplingMethod,
): string[] {
  if (sameGrid) return [];
  return [
    `${uri} lies on another grid; it is resampled (${method}) onto that of the first date while reading.`,
  ];
}

function registrationWords(found: Registration | undefined, windows: number): string[] {
  if (windows === 0) return [];
  if (found === undefined || found.spread > widestSpread)
    return [
      'Whether the two dates lie exactly over each other could not be measured: too little of them looks alike.',
    ];
  const distance = Math.hypot(found.x, found.y);
  if (distance <= farthestShift) return [];
  const part = (value: number, positive: string, negative: string): string =>
    `${Math.abs(value).toFixed(1)} pixels ${value >= 0 ? positive : negative}`;
  return [
    `The second date lies ${distance.toFixed(1)} pixels beside the first (${part(found.x, 'right', 'left')}, ${part(found.y, 'down', 'up')}). Edges of unchanged things will look like change: register the scenes first.`,
  ];
}

function radiometryWords(
  found: RelativeRadiometry | undefined,
  bands: readonly WantedBand[],
  { normalise, normalised }: { readonly normalise: boolean; readonly normalised: boolean },
): string[] {
  if (found === undefined)
    return normalise
      ? ['The light of the two dates was not made equal: too few pixels look unchanged.']
      : [];
  if (normalised) return [];
  const apart = found.bands.flatMap(({ gain, difference }, i) =>
    Math.abs(difference) > largestDifference || gain > largestGain || gain < 1 / largestGain
      ? [
          `${bands[i]!.name} ${difference >= 0 ? '+' : '−'}${Math.abs(difference).toFixed(2)} σ, × ${gain.toFixed(2)}`,
        ]
      : [],
  );
  if (apart.length === 0) return [];
  const shown =
    apart.slice(0, 4).join('; ') + (apart.length > 4 ? ` and ${apart.length - 4} more` : '');
  return [
    `The light of the two dates differs over what looks unchanged (${shown}). Add --normalise to bring the second date to the first.`,
  ];
}
