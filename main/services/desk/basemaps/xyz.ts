import { AppError } from '../../../../app/error.ts';
import { fill, isRemote, urlOf } from './address.ts';
import type { Remote } from './remote.ts';
import { type BasemapTile, type OpenBasemap, pictureTypes, vectorType } from './source.ts';
import { webMercatorLevels } from './webMercator.ts';

/** Most bytes of one tile. */
export const mostTileBytes = 8 * 2 ** 20;
const vectorTypes = [vectorType, 'application/x-protobuf', 'application/octet-stream'];

/** One tile by its address; undefined where the server has none. @throws AppError */
export async function fetchTile(
  remote: Remote,
  url: string,
  content: 'image' | 'vector',
  signal: AbortSignal,
): Promise<BasemapTile | undefined> {
  const { status, type, bytes } = await remote.fetch({ url, mostBytes: mostTileBytes }, signal);
  if (status === 204 || status === 404 || status === 410) return undefined;
  if (status !== 200)
    throw new AppError(
      'network',
      `${urlOf(url).host} answered with status ${status}. Check the address, and a key where it needs one.`,
    );
  if (bytes.length === 0) return undefined;
  if (!(content === 'image' ? pictureTypes : vectorTypes).includes(type))
    throw new AppError(
      'unknown-format',
      `${urlOf(url).host} sent "${type.slice(0, 60)}" where a tile was expected. Check the address.`,
    );
  return { type: content === 'image' ? type : vectorType, bytes };
}

/**
 * `https://…/{z}/{x}/{y}.png`, tiles of the usual grid of web maps; `{-y}` counts rows from below (TMS). `#zmin=0&zmax=19`
 * limits the levels. Tiles that end in .pbf or .mvt are vector tiles.
 */
export const openXyz: OpenBasemap = async (place, remote) => {
  const [template, fragment = ''] = place.split('#');
  if (!isRemote(template!) || !/\{z\}/.test(template!) || !/\{x\}/.test(template!))
    throw new AppError(
      'usage',
      'The address of XYZ tiles is http(s) and has {z}, {x} and {y}, e.g. https://tiles.example.org/{z}/{x}/{y}.png.',
    );
  const host = (z: number): string => urlOf(fill(template!, { z, x: z, y: z })).origin;
  if (host(0) !== host(1))
    throw new AppError('usage', 'The name of the server may not hold {z}, {x} or {y}.');
  const options = new URLSearchParams(fragment);
  const zoom = (name: string, otherwise: number): number => {
    const number = Number(options.get(name) ?? otherwise);
    return Number.isInteger(number) ? Math.min(24, Math.max(0, number)) : otherwise;
  };
  const maxZoom = zoom('zmax', 19);
  const minZoom = Math.min(maxZoom, zoom('zmin', 0));
  const content = /\.(pbf|mvt)(\?|$)/i.test(template!) ? 'vector' : 'image';
  return {
    description: {
      crs: 'EPSG:3857',
      levels: webMercatorLevels(minZoom, maxZoom),
      content,
      attribution: '',
    },
    tile: (level, x, y, signal) =>
      fetchTile(remote, fill(template!, { z: minZoom + level, x, y }), content, signal),
    close: () => undefined,
  };
};
