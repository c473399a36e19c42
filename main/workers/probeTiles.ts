// What the probes of maps made by tiles have in common.
import { join } from 'node:path';
import type { Input } from '../../app/contract/api.ts';
import { tileCorners } from '../../app/learn/tileBlend.ts';
import { phrase } from '../../app/phrase.ts';
import type { Window } from '../../app/raster/grid.ts';
import type { Engine, Network } from '../engines/engine.ts';
import { openEngine } from '../engines/table.ts';
import type { StoredTileModel } from '../engines/tileModelFolder.ts';
import { engineOptions } from './engineOptions.ts';
import { basisOf, type Estimate, hashSeconds, mapBuffers, withOverviews } from './probePredict.ts';
import type { TaskContext } from './task.ts';
import { blendTileRows, tilesAtATime } from './tiles/blendTileRows.ts';

/** A measurement has enough once it took so long. */
const longEnough = 0.7;
/** A network that takes longer for one tile is measured with that one alone; one that takes very long, without a second look. */
const [longTile, veryLong] = [1, 6];
/** Seconds a pixel that writing a map, its overviews and its areas takes. */
export const writing = 1.5e-7;
/** Forward passes of a tile with test-time flips and rotations. */
const symmetries = 8;

export type Corner = { readonly x: number; readonly y: number };

/** How tiles are scored, without or with flips, and how a part of the area is mapped with all that belongs to it. */
type Mapped = {
  readonly area: Window;
  /** Pixels of the least part that is worth mapping, a side. */
  readonly side: number;
  readonly flips: boolean;
  readonly one: (corner: Corner) => Promise<unknown>;
  /** The number of tiles. */
  readonly part: (area: Window) => Promise<number>;
};

/** What a whole map is. */
type Whole = {
  readonly tiles: number;
  readonly pixels: number;
  readonly pixelBytes: number;
  /** Seconds a pixel beside the network. */
  readonly pixelSeconds: number;
  /** Numbers that are held between rows of tiles. */
  readonly held: number;
  readonly files: readonly string[];
};

export const quiet = (): void => undefined;
export const silent = (context: TaskContext): TaskContext => ({ ...context, emit: quiet });
export const weightsOf = (model: string): string => join(model, 'weights.safetensors');

export async function withNetwork<Result>(
  model: StoredTileModel,
  input: Pick<Input<'predict'>, 'engine' | 'threads'>,
  work: (network: Network, engine: Engine) => Promise<Result>,
): Promise<Result> {
  const engine = await openEngine(engineOptions(input));
  const network = engine.network(model.weights);
  try {
    return await work(network, engine);
  } finally {
    network.dispose();
    engine.dispose();
  }
}

/** Tiles and pixels of a map of overlapping tiles; two strips of sums, half a tile high each, are held. */
export function blended(
  { config: { imageSize, classes } }: StoredTileModel,
  { width, height }: Window,
): Omit<Whole, 'pixelBytes' | 'files'> {
  return {
    tiles: tileCorners(0, width, imageSize).length * tileCorners(0, height, imageSize).length,
    pixels: width * height,
    pixelSeconds: writing,
    held: width * imageSize * (classes + 1),
  };
}

/** Maps a part of the area and keeps nothing. */
export function blendPart(
  { config: { imageSize, classes } }: StoredTileModel,
  area: Window,
  context: TaskContext,
  score: Parameters<typeof blendTileRows>[0]['score'],
): Promise<number> {
  const writers = { done: () => false, write: async () => undefined };
  const extent = { area };
  return blendTileRows({
    ...{ side: imageSize, classes, score, extent, writers, watch: undefined },
    context: silent(context),
  });
}

/** Seconds of a tile, and what it was measured with. */
type Timed = {
  readonly seconds: number;
  readonly tiles: number;
  /** Bytes that more tiles at a time would need beside what was measured. */
  readonly furtherBytes: number;
};

/** One tile; then larger and larger parts in the middle of the area, until they take long enough to tell. */
export async function timeTiles({ area, side, flips, one, part }: Mapped): Promise<Timed> {
  const held = process.resourceUsage().maxRSS * 1024;
  const middle = partOf(area, side);
  const first = await secondsOf(() => one(middle));
  // The first one also warms up.
  const single = first < longTile || first > veryLong ? first : await secondsOf(() => one(middle));
  if (single > longTile) {
    const grown = process.resourceUsage().maxRSS * 1024 - held;
    const seconds = single * (flips ? symmetries : 1);
    return { seconds, tiles: 1, furtherBytes: (tilesAtATime - 1) * grown };
  }
  for (let length = 2 * side; ; length *= 2) {
    const some = partOf(area, length);
    let tiles = 0;
    const seconds = await secondsOf(async () => {
      tiles = await part(some);
    });
    const whole = some.width === area.width && some.height === area.height;
    if (seconds >= longEnough || whole) return { seconds: seconds / tiles, tiles, furtherBytes: 0 };
  }
}

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** A square in the middle of an area, or as much of it as there is. */
function partOf(area: Window, length: number): Window {
  const [width, height] = [Math.min(length, area.width), Math.min(length, area.height)];
  return {
    x: area.x + ((area.width - width) >> 1),
    y: area.y + ((area.height - height) >> 1),
    width,
    height,
  };
}

export async function estimateOf(
  { seconds, tiles, furtherBytes }: Timed,
  whole: Whole,
  { info }: Engine,
): Promise<Estimate> {
  const hashing = await hashSeconds(whole.files);
  // Reading the model and the first look at the scene take a run as long, the measured tiles apart.
  const startUp = Math.max(1, process.uptime() - seconds * tiles);
  const mapping = whole.tiles * seconds;
  const writes = whole.pixels * whole.pixelSeconds;
  return {
    seconds: [
      0.6 * startUp + 0.75 * (mapping + hashing / 2),
      2 + 1.2 * startUp + 1.5 * (mapping + hashing + writes),
    ],
    memoryBytes: process.resourceUsage().maxRSS * 1024 + furtherBytes + 4 * whole.held + mapBuffers,
    diskBytes: Math.ceil(whole.pixels * withOverviews * whole.pixelBytes),
    ...basisOf([
      phrase('{count} of {all} tiles were mapped to measure it, with {engine}.', {
        count: tiles,
        all: whole.tiles,
        engine: `${info.engine} (${info.device})`,
      }),
      phrase('Disk: before compression.'),
    ]),
  };
}
