import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { classColor } from '../../../app/raster/palette.ts';
import type { Band, SceneDescription } from '../../../app/raster/scene.ts';
import { TILE_SIZE, type TileGrid } from '../../../app/raster/tileGrid.ts';
import { sceneName } from '../../raster/formats.ts';
import { compositeBands } from '../../raster/pictureBands.ts';
import { parseCrs } from '../../vector/crs.ts';

/** What a scene process says of a scene; the host adds the key. */
export type OpenedScene = Omit<SceneInfo, 'scene'> & { readonly files: readonly string[] };

export function describeScene(
  description: SceneDescription,
  tiles: TileGrid,
  files: { readonly stamp: string; readonly bytes: number },
): OpenedScene {
  const { uri, grid, bands, format, overviews, metadata } = description;
  const [red = 0, green = red, blue = green] = compositeBands(bands);
  const classes = classesOf(description);
  return {
    uri,
    name: sceneName(uri),
    format,
    width: grid.width,
    height: grid.height,
    ...crsOf(description),
    ...(grid.transform === undefined ? {} : { geotransform: [...grid.transform] }),
    bounds: [...tiles.bounds],
    tiles: { tileSize: TILE_SIZE, resolutions: [...tiles.resolutions] },
    bands: bands.map(describeBand),
    defaultRgb: [red, green, blue],
    ...(classes.length === 0 ? {} : { classes }),
    overviews: [...overviews],
    metadata: { ...metadata },
    bytes: files.bytes,
    stamp: files.stamp,
    files: description.files,
  };
}

/** A CRS without positions says nothing of where pixels lie, and one that is not understood cannot place a map. */
function crsOf({ grid }: SceneDescription): Pick<SceneInfo, 'crs' | 'proj4' | 'crsName'> {
  if (grid.crs === undefined || grid.transform === undefined) return {};
  try {
    const { id, name, definition } = parseCrs(grid.crs);
    return { crs: id, proj4: definition, crsName: name };
  } catch {
    return { crs: grid.crs };
  }
}

function describeBand(band: Band): SceneInfo['bands'][number] {
  const { name, type, nodata, scale, offset, wavelengthNm, fwhmNm, unit, bad } = band;
  return {
    name,
    dtype: type,
    scale,
    offset,
    ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
    ...(fwhmNm === undefined ? {} : { fwhmNm }),
    ...(nodata === undefined ? {} : { nodata: Number.isFinite(nodata) ? nodata : 'nan' }),
    ...(unit === undefined ? {} : { unit }),
    ...(bad === undefined ? {} : { bad }),
  };
}

/** Classes that the file names or colours. Colour tables of 256 rows are mostly filled up with transparent or black. */
function classesOf({ palette, classNames }: SceneDescription): NonNullable<SceneInfo['classes']> {
  const colored = [...(palette ?? [])].filter(([, color]) => color[3] > 0);
  const black = colored.filter(([, [red, green, blue]]) => red + green + blue === 0);
  const used = black.length > 1 ? colored.filter((entry) => !black.includes(entry)) : colored;
  const values = [...new Set([...(classNames?.keys() ?? []), ...used.map(([value]) => value)])];
  return values
    .sort((a, b) => a - b)
    .filter((value) => classNames?.has(value) === true || palette?.get(value)?.[3] !== 0)
    .map((value) => {
      const [red, green, blue] = palette?.get(value) ?? classColor(Math.max(0, value - 1));
      return { value, name: classNames?.get(value) ?? String(value), color: [red, green, blue] };
    });
}
