import { encode } from 'fast-png';
import { type GeoTransform, toMap } from '../../app/raster/geoTransform.ts';
import type { Grid } from '../../app/raster/grid.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { escapeXml } from '../raster/cog/metadata.ts';
import type { ExportedMap, Exporter } from './exportSource.ts';

/** A map thinned to nearest pixels, with the grid of those. */
export type ReducedMap = { readonly grid: Grid; readonly values: Uint8Array };

/** Pixels of a picture, which is made in memory: a larger map is thinned, and its world file says so. */
const mostPixels = 2 ** 26;

/** A picture in class colours, with a world file and, for GDAL and QGIS, its coordinate system beside it. */
export const exportPicture: Exporter = async (map, path, _, { signal }) => {
  const { grid, values } = await reduceMap(map, mostPixels);
  const { width, height, transform, crs } = grid;
  const palette = indexedColors(map.classes);
  const png = encode({ width, height, data: values, channels: 1, depth: 8, palette });
  await writeFileAtomic(path, png, signal);
  if (transform === undefined) return [path];
  const world = path.replace(/\.png$/i, '.pgw');
  await writeFileAtomic(world, worldFileOf(transform), signal);
  if (crs === undefined) return [path, world];
  const auxiliary = `${path}.aux.xml`;
  await writeFileAtomic(
    auxiliary,
    `<PAMDataset>\n  <SRS>${escapeXml(crs)}</SRS>\n</PAMDataset>\n`,
    signal,
  );
  return [path, world, auxiliary];
};

/** The map at no more than about `most` pixels. */
export async function reduceMap(map: ExportedMap, most: number): Promise<ReducedMap> {
  const { grid } = map;
  const factor = Math.max(1, Math.sqrt((grid.width * grid.height) / most));
  const width = Math.max(1, Math.round(grid.width / factor));
  const height = Math.max(1, Math.round(grid.height / factor));
  const values = new Uint8Array(width * height);
  let row = 0;
  for await (const band of map.bands()) {
    for (; row < height; row++) {
      const from = Math.floor(((row + 0.5) * grid.height) / height);
      if (from >= band.y + band.height) break;
      const start = (from - band.y) * grid.width;
      for (let x = 0; x < width; x++)
        values[row * width + x] =
          band.values[start + Math.floor(((x + 0.5) * grid.width) / width)]!;
    }
  }
  const { transform, ...rest } = grid;
  if (transform === undefined) return { grid: { ...rest, width, height }, values };
  const [stepX, stepY] = [grid.width / width, grid.height / height];
  const [x, a, b, y, c, d] = transform;
  const reduced: GeoTransform = [x, a * stepX, b * stepY, y, c * stepX, d * stepY];
  return { grid: { ...rest, width, height, transform: reduced }, values };
}

/** Colours by class value; 0 is transparent. */
function indexedColors(classes: ClassScheme): [number, number, number, number][] {
  const colors: [number, number, number, number][] = [[0, 0, 0, 0]];
  for (const { value, color } of classes) {
    while (colors.length <= value) colors.push([0, 0, 0, 255]);
    colors[value] = [...color, 255];
  }
  return colors;
}

/** Six lines: the steps of a pixel, and where the centre of the first one lies. */
function worldFileOf(transform: GeoTransform): string {
  const [x, y] = toMap(transform, 0.5, 0.5);
  const [, a, b, , d, e] = transform;
  return `${[a, d, b, e, x, y].join('\n')}\n`;
}
