import type { TileAddress } from '../../../app/contract/tileAddress.ts';
import { AppError } from '../../../app/error.ts';
import {
  bytesPerSample,
  type SampleArray,
  type SampleType,
  samplesOf,
  sampleTypeOf,
} from '../../../app/raster/samples.ts';
import type { SceneDescription, SceneSource } from '../../../app/raster/scene.ts';
import {
  planTile,
  TILE_SIZE,
  type TileGrid,
  type TilePlan,
  type TilePosition,
} from '../../../app/raster/tileGrid.ts';
import { TileCache } from '../../raster/scenes/tileCache.ts';
import type { ScenePlanes } from './planeStore.ts';
import { reducesCheaply } from './reading.ts';

/** Part of an address that a scene answers. */
export type TileRequest = TilePosition & Pick<TileAddress, 'bands' | 'expression'>;

/** As app/contract/tileAddress.ts lays out the body. */
export type TileBody = { readonly sampleType: SampleType; readonly bytes: Uint8Array };

/** One band of a tile; 1 valid, 0 not. */
type Plane = { readonly samples: SampleArray; readonly mask: Uint8Array };

const pixels = TILE_SIZE * TILE_SIZE;
const planeCacheBytes = 2 ** 27;

/** Planes of scenes that are costly to reduce, by scene, tile and band. */
const kept = new TileCache<Plane>(planeCacheBytes);
/** Planes that are being read, so that requests for the same tile share the work. */
const pending = new Map<string, Promise<readonly Plane[]>>();

/**
 * A tile of a scene, or undefined where it does not meet it. A scene with large blocks and without overviews is never
 * decoded as a whole for one coarse tile after the other: coarse tiles are made of the four finer ones, which are kept.
 * @throws AppError of reading; `usage` where level or bands are not the scene's
 */
export async function readTile(
  scene: TiledScene,
  request: TileRequest,
  signal: AbortSignal,
): Promise<TileBody | undefined> {
  checkRequest(scene.source.description, scene.tiles, request);
  const read = await readPlanes({ ...scene, signal }, request);
  return read === undefined ? undefined : bodyOf(read);
}

function checkRequest(scene: SceneDescription, tiles: TileGrid, request: TileRequest): void {
  const bands = request.bands.every((band) => band < scene.bands.length);
  if (bands && request.z < tiles.resolutions.length) return;
  throw new AppError(
    'usage',
    `${scene.uri} has ${scene.bands.length} bands and ${tiles.resolutions.length} levels; bands ${request.bands.join(', ')} (from 0) of level ${request.z} were asked for.`,
  );
}

/** A scene and where its coarse tiles are kept, if anywhere. */
export type TiledScene = {
  readonly source: SceneSource;
  readonly tiles: TileGrid;
  readonly planes?: ScenePlanes | undefined;
};

type Reading = TiledScene & { readonly signal: AbortSignal };

async function readPlanes(
  reading: Reading,
  request: TileRequest,
): Promise<readonly Plane[] | undefined> {
  const { source, tiles, signal } = reading;
  const { description } = source;
  const plan = planTile(description.grid, tiles, request);
  if (plan === undefined) return undefined;
  const native = request.z === tiles.resolutions.length - 1;
  if (native || !isHeavy(source, tiles)) return readDirect(source, plan, request, signal);
  return keptPlanes(reading, request, (missing) =>
    isDirect(description, plan)
      ? readDirect(source, plan, missing, signal)
      : assemble(reading, missing),
  );
}

/** Whether a tile is read by itself without decoding many pixels that it does not show. */
const isDirect = (scene: SceneDescription, { window, size }: TilePlan): boolean =>
  reducesCheaply(scene, window.height / size.height);

async function readDirect(
  source: SceneSource,
  { window, size, picks }: TilePlan,
  { bands }: TileRequest,
  signal: AbortSignal,
): Promise<readonly Plane[]> {
  const block = await source.read({ window, size, bands, signal });
  return block.bands.map((samples, band) => {
    const type = source.description.bands[bands[band]!]!.type;
    return picked(samples, block.masks[band], type, picks);
  });
}

function picked(
  samples: SampleArray,
  mask: Uint8Array | undefined,
  type: SampleType,
  picks: Int32Array,
): Plane {
  const plane = { samples: samplesOf(type, pixels), mask: new Uint8Array(pixels) };
  for (let i = 0; i < pixels; i++) {
    const pick = picks[i]!;
    if (pick < 0) continue;
    plane.samples[i] = samples[pick]!;
    plane.mask[i] = mask === undefined ? 1 : mask[pick]!;
  }
  return plane;
}

/** The planes of a tile, those that are not kept made by `make`. */
async function keptPlanes(
  { source, tiles, planes: store, signal }: Reading,
  request: TileRequest,
  make: (missing: TileRequest) => Promise<readonly Plane[]>,
): Promise<readonly Plane[]> {
  const { z, x, y } = request;
  const tile = [keyOf(source), z, x, y].join('/');
  const planes = new Map<number, Plane>();
  // finer ones are read as fast as they would be found, and take more room
  const onDisk = z < tiles.resolutions.length - 2 ? store : undefined;
  const keep = (band: number, plane: Plane): void => {
    planes.set(band, plane);
    kept.set(`${tile}/${band}`, plane, plane.samples.byteLength + plane.mask.byteLength);
  };
  for (const band of request.bands) {
    const plane = kept.get(`${tile}/${band}`);
    if (plane !== undefined) planes.set(band, plane);
    else {
      const { type } = source.description.bands[band]!;
      const found = onDisk?.read(`${z}-${x}-${y}-${band}`, pixels * bytesPerSample(type), pixels);
      if (found === undefined) continue;
      keep(band, { samples: samplesOf(type, found.samples.buffer), mask: found.mask });
    }
  }
  const bands = request.bands.filter((band) => !planes.has(band));
  if (bands.length > 0) {
    const read = await shared(`${tile}/${bands.join(' ')}`, signal, () =>
      make({ ...request, bands }),
    );
    bands.forEach((band, i) => {
      const plane = read[i]!;
      keep(band, plane);
      onDisk?.write(`${z}-${x}-${y}-${band}`, {
        samples: bytesOf(plane.samples),
        mask: plane.mask,
      });
    });
  }
  return request.bands.map((band) => planes.get(band)!);
}

/** The result of work that is under way under the same name, unless the request that does it is cancelled. */
async function shared(
  key: string,
  signal: AbortSignal,
  work: () => Promise<readonly Plane[]>,
): Promise<readonly Plane[]> {
  for (;;) {
    const others = pending.get(key);
    if (others === undefined) break;
    try {
      return await others;
    } catch (error) {
      if (signal.aborted) throw error;
      if (pending.get(key) === others) pending.delete(key);
    }
  }
  const own = work();
  pending.set(key, own);
  try {
    return await own;
  } finally {
    if (pending.get(key) === own) pending.delete(key);
  }
}

const bytesOf = ({ buffer, byteOffset, byteLength }: SampleArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const heavy = new WeakMap<SceneSource, boolean>();

/** Whether coarse tiles of a scene cost so much that they are worth keeping. */
function isHeavy(source: SceneSource, tiles: TileGrid): boolean {
  let answer = heavy.get(source);
  if (answer === undefined) {
    const coarsest = planTile(source.description.grid, tiles, { z: 0, x: 0, y: 0 });
    answer = coarsest !== undefined && !isDirect(source.description, coarsest);
    heavy.set(source, answer);
  }
  return answer;
}

const numbers = new WeakMap<SceneSource, number>();
let nextNumber = 0;

/** Tells open scenes apart: one that is opened anew after a change is another. */
function keyOf(source: SceneSource): number {
  let number = numbers.get(source);
  if (number === undefined) {
    number = nextNumber++;
    numbers.set(source, number);
  }
  return number;
}

/** A tile made of its four finer ones. */
async function assemble(
  reading: Reading,
  { z, x, y, bands }: TileRequest,
): Promise<readonly Plane[]> {
  const parents = bands.map(
    (band): Plane => ({
      samples: samplesOf(reading.source.description.bands[band]!.type, pixels),
      mask: new Uint8Array(pixels),
    }),
  );
  for (const [dx, dy] of quarters) {
    if (reading.signal.aborted) throw new AppError('cancelled', 'Cancelled.');
    const child = { z: z + 1, x: 2 * x + dx, y: 2 * y + dy, bands };
    const read = await readPlanes(reading, child);
    if (read !== undefined)
      parents.forEach((parent, band) => putQuarter(parent, read[band]!, dx, dy));
  }
  return parents;
}

const quarters = [
  [0, 0],
  [1, 0],
  [0, 1],
  [1, 1],
] as const;

/** Every second pixel of a finer tile: the first of each four, as GDAL's nearest overviews keep it. */
function putQuarter(parent: Plane, child: Plane, dx: number, dy: number): void {
  const half = TILE_SIZE / 2;
  for (let row = 0; row < half; row++) {
    let from = row * 2 * TILE_SIZE;
    let to = (dy * half + row) * TILE_SIZE + dx * half;
    for (let column = 0; column < half; column++, from += 2, to++) {
      parent.samples[to] = child.samples[from]!;
      parent.mask[to] = child.mask[from]!;
    }
  }
}

/** Samples band after band, then the mask: 255 where every band is valid. */
function bodyOf(read: readonly Plane[]): TileBody {
  const sampleType = tileType(read.map(({ samples }) => sampleTypeOf(samples)));
  const size = bytesPerSample(sampleType);
  const bytes = new Uint8Array(pixels * (size * read.length + 1));
  read.forEach(({ samples }, band) => {
    const target = samplesOf(sampleType, bytes.buffer, band * pixels * size, pixels);
    if (samples instanceof BigInt64Array || samples instanceof BigUint64Array)
      for (let i = 0; i < pixels; i++) target[i] = Number(samples[i]);
    else (target as Float64Array).set(samples);
  });
  const mask = bytes.subarray(pixels * size * read.length);
  mask.fill(255);
  for (const plane of read) for (let i = 0; i < pixels; i++) mask[i]! &= -plane.mask[i]!;
  return { sampleType, bytes };
}

/** One type that holds the values of all bands; 64-bit integers, which no map can draw, become doubles. */
export function tileType(types: readonly SampleType[]): SampleType {
  const distinct = new Set(types);
  const [first] = types;
  if (distinct.size === 1 && first !== 'int64' && first !== 'uint64') return first!;
  const exact = types.every((type) => type === 'float32' || bytesPerSample(type) <= 2);
  return exact ? 'float32' : 'float64';
}
