import type { Grid } from '../../app/raster/grid.ts';
import { openScene } from '../raster/formats.ts';
import { composite } from '../raster/picture.ts';
import { pixelHectares } from './mapAreas.ts';

/** Pictures of a map and its scene, small enough for a page. */
export type ReportPictures = {
  readonly grid: Grid;
  readonly pixelHectares: number | undefined;
  readonly map: { readonly values: Uint8Array; readonly width: number; readonly height: number };
  readonly scene?: {
    readonly bandCount: number;
    readonly picture?: {
      readonly png: Uint8Array;
      readonly width: number;
      readonly height: number;
      readonly caption: string;
    };
  };
};

const longestSide = 1000;

export async function picture(input: {
  readonly map: string;
  readonly scene?: string;
}): Promise<ReportPictures> {
  const map = await openScene(input.map);
  try {
    const { grid } = map.description;
    const scale = Math.min(1, longestSide / Math.max(grid.width, grid.height));
    const size = {
      width: Math.max(1, Math.round(grid.width * scale)),
      height: Math.max(1, Math.round(grid.height * scale)),
    };
    const { bands } = await map.read({
      window: { x: 0, y: 0, width: grid.width, height: grid.height },
      bands: [0],
      size,
    });
    const scene = input.scene === undefined ? undefined : await scenePicture(input.scene);
    return {
      grid,
      pixelHectares: pixelHectares(grid),
      map: { values: Uint8Array.from(bands[0]! as Uint8Array), ...size },
      ...(scene === undefined ? {} : { scene }),
    };
  } finally {
    await map.close();
  }
}

async function scenePicture(uri: string): Promise<ReportPictures['scene']> {
  // The map may have moved away from its scene; the report then does without the picture.
  const source = await openScene(uri).catch(() => undefined);
  if (source === undefined) return undefined;
  try {
    return {
      bandCount: source.description.bands.length,
      picture: await composite(source, longestSide),
    };
  } finally {
    await source.close();
  }
}
