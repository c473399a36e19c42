import { AppError } from '../../../app/error.ts';
import type { Grid } from '../../../app/raster/grid.ts';
import { readText } from '../scenes/files.ts';
import { attributeOf, descendants, parseDocument, textOf } from '../scenes/xml.ts';

/** The grids of a tile by pixel size in metres. */
export type TileGrids = ReadonlyMap<number, Grid>;

/** Reads the geocoding of a tile's metadata. @throws AppError `corrupt`, `not-found` */
export async function readTileGrids(path: string): Promise<TileGrids> {
  const root = parseDocument(await readText(path), path);
  const crs = textOf(root, 'HORIZONTAL_CS_CODE');
  const grids = new Map<number, Grid>();
  for (const position of descendants(root, 'Geoposition')) {
    const resolution = Number(attributeOf(position, 'resolution'));
    const size = descendants(root, 'Size').find(
      (element) => Number(attributeOf(element, 'resolution')) === resolution,
    );
    const numbers = ['ULX', 'XDIM', 'ULY', 'YDIM'].map((name) =>
      Number(textOf(position, name) ?? Number.NaN),
    );
    const [x, stepX, y, stepY] = numbers as [number, number, number, number];
    const width = size === undefined ? 0 : Number(textOf(size, 'NCOLS'));
    const height = size === undefined ? 0 : Number(textOf(size, 'NROWS'));
    const sound =
      numbers.every(Number.isFinite) && stepX !== 0 && stepY !== 0 && width > 0 && height > 0;
    if (!sound) continue;
    grids.set(resolution, {
      width,
      height,
      ...(crs === undefined ? {} : { crs: crs.toUpperCase() }),
      transform: [x, stepX, 0, y, 0, stepY],
    });
  }
  if (grids.size > 0) return grids;
  throw new AppError(
    'corrupt',
    `${path} does not say where the tile lies (no Geoposition). Download the product again.`,
    { path },
  );
}
