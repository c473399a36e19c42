import type { BasemapInfo, BasemapLevel } from '../../../../app/contract/desk/basemaps.ts';

/** Half the width of the world in EPSG:3857, metres. */
const half = Math.PI * 6_378_137;
const tileSize = 256;

/** The levels of the usual grid of web maps: at zoom z the world is 2^z × 2^z tiles. */
export function webMercatorLevels(minZoom: number, maxZoom: number): BasemapLevel[] {
  return Array.from({ length: maxZoom - minZoom + 1 }, (_, i) => {
    const size = 2 ** (minZoom + i);
    const resolution = (2 * half) / (size * tileSize);
    return {
      resolution,
      origin: [-half, half],
      tileSize: [tileSize, tileSize],
      size: [size, size],
    };
  });
}

/** Longitudes and latitudes (west, south, east, north; degrees) as EPSG:3857; undefined for what is no part of the world. */
export function webMercatorBounds(degrees: readonly number[]): BasemapInfo['bounds'] {
  const [west, south, east, north] = degrees;
  const place = (longitude: number, latitude: number): [number, number] => {
    const limited = Math.min(85.0511287798066, Math.max(-85.0511287798066, latitude));
    const y = Math.log(Math.tan(Math.PI / 4 + (limited * Math.PI) / 360));
    return [(longitude / 180) * half, (y / Math.PI) * half];
  };
  if (degrees.length !== 4 || !degrees.every(Number.isFinite)) return undefined;
  if (!(west! < east! && south! < north!)) return undefined;
  return [...place(west!, south!), ...place(east!, north!)];
}
