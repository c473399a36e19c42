import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GeoTransform } from '../../../../app/raster/geoTransform.ts';
import { createCogWriter } from '../../../raster/cog/writeCog.ts';

/** A small raster of a test. */
export type TestTile = {
  readonly width: number;
  readonly height?: number;
  /** Names of its bands. */
  readonly bands: readonly string[];
  /** Stored number of a pixel. */
  readonly value: (band: number, x: number, y: number) => number;
  readonly type?: 'uint8' | 'uint16';
  readonly transform?: GeoTransform;
  readonly metadata?: Readonly<Record<string, string>>;
};

/** Writes a tile as a GeoTIFF, with its folders. */
export async function writeTile(path: string, tile: TestTile): Promise<void> {
  const { width, height = width, bands, value, type = 'uint16', transform, metadata } = tile;
  await mkdir(dirname(path), { recursive: true });
  const writer = await createCogWriter(path, {
    grid: {
      width,
      height,
      ...(transform === undefined ? {} : { crs: 'EPSG:32633', transform }),
    },
    bands: bands.map((name) => ({ name, type })),
    tileSize: 64,
    statistics: false,
    overviews: 'none',
    ...(metadata === undefined ? {} : { metadata }),
  });
  await writer.write({
    window: { x: 0, y: 0, width, height },
    bands: bands.map((_, band) => {
      const samples =
        type === 'uint8' ? new Uint8Array(width * height) : new Uint16Array(width * height);
      for (let i = 0; i < samples.length; i++)
        samples[i] = value(band, i % width, Math.floor(i / width));
      return samples;
    }),
  });
  await writer.finish();
}
