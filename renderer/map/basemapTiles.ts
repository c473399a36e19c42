import ImageTile from 'ol/source/ImageTile.js';
import TileGrid from 'ol/tilegrid/TileGrid.js';
import type { BasemapInfo } from '../../app/contract/desk/basemaps.ts';
import { AppError } from '../../app/error.ts';
import type { Host } from '../rpc/connectToHost.ts';
import { t } from '../words/translate.ts';
import { paintVectorTile } from './basemapVector.ts';
import { projectionOf } from './projections.ts';

function gridOf({ levels, bounds }: BasemapInfo): TileGrid {
  return new TileGrid({
    origins: levels.map(({ origin }) => [...origin]),
    resolutions: levels.map(({ resolution }) => resolution),
    tileSizes: levels.map(({ tileSize }) => [...tileSize]),
    ...(bounds === undefined
      ? { sizes: levels.map(({ size }) => [...size]) }
      : { extent: [...bounds] }),
  });
}

/** Tiles of a basemap, fetched through the host as they are needed, in whatever CRS the map is. */
export function basemapTiles(
  host: Host,
  info: BasemapInfo,
  onError: (error: unknown) => void,
): ImageTile {
  const picture = async (
    blob: Blob,
    width: number,
    height: number,
  ): Promise<ImageBitmap | HTMLCanvasElement> => {
    if (info.content === 'vector') return paintVectorTile(await blob.arrayBuffer(), width);
    // Some servers send twice the pixels.
    const options = { resizeWidth: width, resizeHeight: height, resizeQuality: 'high' } as const;
    return createImageBitmap(blob, options).catch(() => {
      throw new AppError('corrupt', t('A tile of the basemap is no picture that can be shown.'));
    });
  };
  return new ImageTile({
    projection: projectionOf(info.crs, info.proj4),
    tileGrid: gridOf(info),
    wrapX: info.crs === 'EPSG:3857' && info.bounds === undefined,
    transition: 0,
    loader: async (z, x, y, { signal }) => {
      try {
        const blob = await host.fetchBasemap({ basemap: info.basemap, z, x, y }, signal);
        const [width, height] = info.levels[z]!.tileSize;
        if (blob !== undefined) return await picture(blob, width, height);
      } catch (error) {
        if (!signal.aborted) onError(error);
        throw error;
      }
      // Where there is none, coarser tiles stay in view.
      throw new AppError('not-found', t('The basemap has no such tile.'));
    },
  });
}
