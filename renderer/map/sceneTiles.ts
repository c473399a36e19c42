import DataTileSource from 'ol/source/DataTile.js';
import TileGrid from 'ol/tilegrid/TileGrid.js';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { isLost } from '../../app/contract/rpc.ts';
import { AppError } from '../../app/error.ts';
import type { Host } from '../rpc/connectToHost.ts';
import { sceneProjection } from './projections.ts';
import { bandCount, type SceneLook } from './sceneLook.ts';
import { followRequests, SceneRequests } from './sceneRequests.ts';

type Samples =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

const arrayOf: Readonly<Record<string, (buffer: ArrayBuffer, count: number) => Samples>> = {
  uint8: (buffer, count) => new Uint8Array(buffer, 0, count),
  int8: (buffer, count) => new Int8Array(buffer, 0, count),
  uint16: (buffer, count) => new Uint16Array(buffer, 0, count),
  int16: (buffer, count) => new Int16Array(buffer, 0, count),
  uint32: (buffer, count) => new Uint32Array(buffer, 0, count),
  int32: (buffer, count) => new Int32Array(buffer, 0, count),
  float32: (buffer, count) => new Float32Array(buffer, 0, count),
  float64: (buffer, count) => new Float64Array(buffer, 0, count),
};

/**
 * The body of a tile (app/contract/tileAddress.ts) as the graphics card takes it: pixel by pixel, float32, the mask last
 * (0 or 1). Samples above 2²⁴ lose their last digits on screen only.
 * @throws AppError `corrupt` a body of another length
 */
export function interleave(body: ArrayBuffer, sampleType: string, bands: number): Float32Array {
  const make = arrayOf[sampleType];
  const bytes = { uint8: 1, int8: 1, uint16: 2, int16: 2, float64: 8 }[sampleType] ?? 4;
  const pixels = body.byteLength / (bands * bytes + 1);
  if (make === undefined || !Number.isInteger(pixels))
    throw new AppError('corrupt', `A tile of ${body.byteLength} bytes of ${sampleType} came.`);
  const samples = make(body, pixels * bands);
  const mask = new Uint8Array(body, pixels * bands * bytes);
  const stride = bands + 1;
  const result = new Float32Array(pixels * stride);
  for (let band = 0; band < bands; band++) {
    const start = band * pixels;
    for (let i = 0, at = band; i < pixels; i++, at += stride) result[at] = samples[start + i]!;
  }
  for (let i = 0, at = bands; i < pixels; i++, at += stride) result[at] = mask[i]! === 0 ? 0 : 1;
  return result;
}

/** Set on a source of tiles of which one could not be had: it has to be replaced when that may have changed. */
export const incomplete = 'incomplete';

/** The tiles of some bands of a scene, or of arithmetic with them, fetched as they are needed; a request for what has left the view is cancelled. */
export function sceneTiles(
  host: Host,
  info: SceneInfo,
  tiles: SceneLook['tiles'],
  onError: (error: unknown) => void,
): DataTileSource {
  const [minX, minY, maxX, maxY] = info.bounds;
  const { tileSize, resolutions } = info.tiles;
  const count = bandCount(tiles);
  const requests = new SceneRequests();
  const source = new DataTileSource({
    projection: sceneProjection(info),
    tileGrid: new TileGrid({
      extent: [minX, minY, maxX, maxY],
      origin: [minX, maxY],
      resolutions: [...resolutions],
      tileSize,
    }),
    bandCount: count + 1,
    interpolate: false,
    wrapX: false,
    transition: 0,
    loader: async (z, x, y, options) => {
      const address = { scene: info.scene, z, x, y, ...tiles, stamp: info.stamp };
      try {
        const tile = await requests.run([z, x, y], options.signal, (signal) =>
          host.fetchTile(address, signal),
        );
        if (tile !== undefined) return interleave(tile.bytes, tile.sampleType, count);
      } catch (error) {
        if (isCancelled(error)) throw error;
        source.set(incomplete, true);
        // The status bar says that the connection is lost, and the tile comes when it is back.
        if (!isLost(error)) onError(error);
        throw error;
      }
      return new Float32Array(tileSize * tileSize * (count + 1));
    },
  });
  followRequests(source, requests);
  return source;
}

const isCancelled = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'cancelled';
