import type { Input } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { ofWindow } from '../../app/raster/geoTransform.ts';
import { clip, type Grid, type Window, wholeWindow } from '../../app/raster/grid.ts';
import { placeRois } from '../../app/vector/placeRois.ts';
import type { PreparedShape } from '../../app/vector/rasterise.ts';
import { createTransform } from '../vector/crs.ts';
import { readAreas } from '../vector/readRois.ts';

/** Where to map: a rectangle, and within it only inside shapes where these are given. */
export type MapExtent = { readonly area: Window; readonly within?: readonly PreparedShape[] };

/** What a run says of the area to map. */
type AreaInput = Pick<Input<'predict'>, 'window' | 'within' | 'scene'>;

/** What `--window` and `--within` leave of a scene. @throws AppError `no-overlap` */
export async function mapExtent(input: AreaInput, grid: Grid): Promise<MapExtent> {
  const area = windowOf(input, grid);
  if (input.within === undefined) return { area };
  const placed = placeRois(await readAreas(input.within), grid, createTransform);
  const within = placed.rois.filter((roi) => roi.position !== 'outside').map((roi) => roi.shape);
  const right = Math.min(area.x + area.width, boundOf(within, 'maxX'));
  const bottom = Math.min(area.y + area.height, boundOf(within, 'maxY'));
  const x = Math.max(area.x, boundOf(within, 'minX'));
  const y = Math.max(area.y, boundOf(within, 'minY'));
  if (right <= x || bottom <= y) {
    throw new AppError(
      'no-overlap',
      `The polygons of ${input.within} and the window ${input.window?.join(' ')} do not meet. Choose others.`,
    );
  }
  return { area: { x, y, width: right - x, height: bottom - y }, within };
}

function windowOf({ window, scene }: AreaInput, grid: Grid): Window {
  if (window === undefined) return wholeWindow(grid);
  const [x, y, width, height] = window;
  const area = clip({ x, y, width, height }, grid);
  if (area !== undefined) return area;
  throw new AppError(
    'no-overlap',
    `The window ${window.join(' ')} lies outside ${scene} (${grid.width} × ${grid.height} pixels). Choose one inside.`,
  );
}

/** The outermost side of all shapes, in whole pixels. */
function boundOf(
  shapes: readonly PreparedShape[],
  side: 'minX' | 'minY' | 'maxX' | 'maxY',
): number {
  const values = shapes.map(({ bounds }) => bounds[side]);
  return side.startsWith('min')
    ? Math.floor(values.reduce((a, b) => Math.min(a, b)))
    : Math.ceil(values.reduce((a, b) => Math.max(a, b)));
}

/** The grid of a part of a scene. */
export function gridOf(scene: Grid, area: Window): Grid {
  return {
    width: area.width,
    height: area.height,
    ...(scene.crs === undefined ? {} : { crs: scene.crs }),
    ...(scene.transform === undefined
      ? {}
      : { transform: ofWindow(scene.transform, area.x, area.y) }),
  };
}
