import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { toMap } from '../../../app/raster/geoTransform.ts';
import { clip } from '../../../app/raster/grid.ts';
import {
  CHUNK,
  type DistanceChunk,
  growRegion,
  type Region,
} from '../../../app/raster/regionGrowing.ts';
import { type SceneSource, validEverywhere } from '../../../app/raster/scene.ts';
import { mapTransform, toPixelTransform } from '../../../app/raster/tileGrid.ts';
import { areaOf, type Polygon, type Ring } from '../../../app/vector/geometry.ts';
import { createPolygoniser } from '../../../app/vector/polygonise.ts';
import { spreadBands } from './reading.ts';

/** Side of the neighbourhood around the seed that says how much each band varies there. */
const neighbourhood = 51;
/** More bands than these say nothing new of likeness but cost reading: then these many, evenly spread. */
const mostBands = 24;
/** Chunks of distances that are kept for the last seed, so that another tolerance reads nothing. */
const mostChunks = 2048;

/** A seed, what varies around it, and the distances to it that are known. */
type Seed = {
  readonly x: number;
  readonly y: number;
  readonly bands: readonly number[];
  readonly spectrum: readonly number[];
  /** 1 / standard deviation; 0 for a band that does not vary around the seed. */
  readonly weights: readonly number[];
  readonly chunks: Map<string, Promise<DistanceChunk>>;
};

const lastSeeds = new WeakMap<SceneSource, Seed>();

/**
 * Grows a region from a position. The distance of a pixel is the root of the mean, over the bands, of the squared difference
 * to the seed pixel in standard deviations that the band has in the 51 × 51 pixels around the seed.
 */
export async function grow(
  source: SceneSource,
  { position, tolerance, minPixels, maxPixels, holes }: DeskArguments<'scene.grow'>,
  signal: AbortSignal,
): Promise<DeskOutput<'scene.grow'>> {
  const { grid } = source.description;
  const toPixel = toPixelTransform(grid);
  if (toPixel === undefined) return { pixels: 0 };
  const [x, y] = toMap(toPixel, position[0], position[1]).map(Math.floor) as [number, number];
  if (!(x >= 0 && y >= 0 && x < grid.width && y < grid.height)) return { pixels: 0 };
  const seed = await seedAt(source, x, y, signal);
  if (seed === undefined) return { pixels: 0 };
  const options = { tolerance, minPixels, maxPixels, signal };
  const region = await growRegion(seed, (cx, cy) => distances(source, seed, cx, cy), options);
  if (region === undefined) return { pixels: 0 };
  const outline = outlineOf(region, holes === 'fill');
  const transform = mapTransform(grid);
  const ring = (positions: Ring): [number, number][] =>
    positions.map(([column, row]) => [...toMap(transform, column, row)]);
  const polygon = { outer: ring(outline.polygon.outer), holes: outline.polygon.holes.map(ring) };
  return { geometry: { kind: 'polygons', polygons: [polygon] }, pixels: outline.pixels };
}

/** The seed of a pixel, kept from the last call where it is the same; undefined where the pixel has no data. */
async function seedAt(
  source: SceneSource,
  x: number,
  y: number,
  signal: AbortSignal,
): Promise<Seed | undefined> {
  const last = lastSeeds.get(source);
  if (last?.x === x && last.y === y) return last;
  const bands = spreadBands(source.description, mostBands);
  const half = (neighbourhood - 1) / 2;
  const around = { x: x - half, y: y - half, width: neighbourhood, height: neighbourhood };
  const block = await source.read({
    window: clip(around, source.description.grid)!,
    bands,
    signal,
  });
  const valid = validEverywhere(block);
  const at = (y - block.window.y) * block.width + (x - block.window.x);
  if (valid?.[at] === 0) return undefined;
  const spectrum = block.bands.map((samples) => Number(samples[at]));
  const weights = block.bands.map((samples) => inverseDeviation(samples, valid));
  const seed = {
    x,
    y,
    bands,
    spectrum,
    weights,
    chunks: new Map<string, Promise<DistanceChunk>>(),
  };
  lastSeeds.set(source, seed);
  return seed;
}

function inverseDeviation(samples: ArrayLike<number | bigint>, valid?: Uint8Array): number {
  let [count, mean, squares] = [0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const value = Number(samples[i]);
    if (valid?.[i] === 0 || !Number.isFinite(value)) continue;
    count += 1;
    const away = value - mean;
    mean += away / count;
    squares += away * (value - mean);
  }
  return squares > 0 ? 1 / Math.sqrt(squares / count) : 0;
}

/** Distances of the pixels of a chunk. Not cancelled: another tolerance, which a moving slider asks for, needs them too. */
function distances(
  source: SceneSource,
  seed: Seed,
  chunkX: number,
  chunkY: number,
): Promise<DistanceChunk> {
  const key = `${chunkX} ${chunkY}`;
  let chunk = seed.chunks.get(key);
  if (chunk === undefined) {
    chunk = readDistances(source, seed, chunkX, chunkY);
    chunk.catch(() => seed.chunks.delete(key));
    if (seed.chunks.size < mostChunks) seed.chunks.set(key, chunk);
  }
  return chunk;
}

async function readDistances(
  source: SceneSource,
  { bands, spectrum, weights }: Seed,
  chunkX: number,
  chunkY: number,
): Promise<DistanceChunk> {
  const result = new Float32Array(CHUNK * CHUNK).fill(Number.POSITIVE_INFINITY);
  const square = { x: chunkX * CHUNK, y: chunkY * CHUNK, width: CHUNK, height: CHUNK };
  const window = clip(square, source.description.grid);
  if (window === undefined) return result;
  const block = await source.read({ window, bands });
  const valid = validEverywhere(block);
  const sums = new Float64Array(block.width * block.height);
  block.bands.forEach((samples, band) => {
    const [centre, weight] = [spectrum[band]!, weights[band]!];
    for (let i = 0; i < sums.length; i++) {
      const away = Number(samples[i]) - centre;
      // a band that is the same everywhere around the seed tells a pixel apart that differs in it
      sums[i]! += weight === 0 && away !== 0 ? Number.POSITIVE_INFINITY : (away * weight) ** 2;
    }
  });
  for (let i = 0; i < sums.length; i++) {
    if (valid?.[i] === 0 || Number.isNaN(sums[i])) continue;
    const row = Math.floor(i / block.width);
    result[row * CHUNK + (i - row * block.width)] = Math.sqrt(sums[i]! / bands.length);
  }
  return result;
}

/** The outline of a region on pixel edges, with its holes or without. */
function outlineOf(region: Region, fill: boolean): { polygon: Polygon; pixels: number } {
  const width = region.maxX - region.minX + 1;
  const polygoniser = createPolygoniser(width);
  const patches = [];
  for (let y = region.minY; y <= region.maxY; y++)
    patches.push(...polygoniser.add(region.row(y), { y: y - region.minY, height: 1 }));
  patches.push(...polygoniser.finish());
  const { polygon } = patches[0]!;
  const move = (ring: Ring): Ring =>
    ring.map(([x, y]) => [x + region.minX, y + region.minY] as const);
  const holes = fill ? [] : polygon.holes.map(move);
  const outer = move(polygon.outer);
  const pixels = fill ? enclosed(outer) : region.pixels;
  return { polygon: { outer, holes }, pixels };
}

/** Pixels inside a ring along pixel edges: its area. */
function enclosed(ring: Ring): number {
  return areaOf({ kind: 'polygons', polygons: [{ outer: ring, holes: [] }] });
}
