import { join } from 'node:path';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { writeFileAtomic } from '../../atomicFile.ts';
import type { BatchMapped } from '../../workers/batchMap.ts';

export type MosaicMap = {
  /** Path from the folder of results, with `/`. */
  readonly map: string;
  readonly raster: BatchMapped['raster'];
};

type Placed = MosaicMap & {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

/** Maps that can lie in one VRT: one CRS, one pixel size, one kind of raster. */
type Group = {
  readonly crs: string;
  readonly size: readonly [width: number, height: number];
  readonly maps: Placed[];
};

/**
 * Writes a GDAL VRT (gdal.org/drivers/raster/vrt.html) for each CRS and pixel size of some maps; later maps lie over earlier
 * ones where both have data. Gives the names of the files.
 */
export async function writeMosaics(
  maps: readonly MosaicMap[],
  {
    out,
    classes,
    warn,
  }: {
    readonly out: string;
    readonly classes: ClassScheme;
    readonly warn: (message: string) => void;
  },
): Promise<string[]> {
  const { groups, left } = grouped(maps);
  if (left.length > 0)
    warn(
      `${left.length === 1 ? 'One map is' : `${left.length} maps are`} not in the mosaic, having no coordinate system or being rotated: ${left.slice(0, 3).join(', ')}${left.length > 3 ? ' …' : ''}.`,
    );
  const names: string[] = [];
  for (const group of groups) {
    const name = groups.length === 1 ? 'mosaic.vrt' : `mosaic-${groupName(group)}.vrt`;
    if (!names.includes(name)) {
      if (misaligned(group))
        warn(
          `Maps in ${name} lie on grids that are shifted against each other: there they are shown shifted by up to half a pixel. The maps themselves are exact.`,
        );
      await writeFileAtomic(join(out, name), vrtOf(group, classes));
      names.push(name);
    }
  }
  return names;
}

function grouped(maps: readonly MosaicMap[]): {
  readonly groups: readonly Group[];
  readonly left: readonly string[];
} {
  const groups = new Map<string, Group>();
  const left: string[] = [];
  for (const one of maps) {
    const { grid, bands, type } = one.raster;
    const { crs, transform, width, height } = grid;
    if (
      crs === undefined ||
      transform === undefined ||
      transform[2] !== 0 ||
      transform[4] !== 0 ||
      transform[1] <= 0 ||
      transform[5] >= 0
    ) {
      left.push(one.map);
      continue;
    }
    const size = [transform[1], -transform[5]] as const;
    const key = JSON.stringify([crs, size.map((side) => side.toPrecision(7)), bands, type]);
    if (!groups.has(key)) groups.set(key, { crs, size, maps: [] });
    const [x, y] = [transform[0], transform[3]];
    groups.get(key)!.maps.push({
      ...one,
      ...{ left: x, top: y, right: x + width * size[0], bottom: y - height * size[1] },
    });
  }
  return { groups: [...groups.values()], left };
}

function groupName({ crs, size, maps }: Group): string {
  const place = /^\w+:\d+$/.test(crs) ? crs.replace(':', '') : 'custom';
  return `${place}-${Number(size[0].toPrecision(7))}-${maps[0]!.raster.type}`;
}

/** Columns or rows that are off the grid of the first map by more than a hundredth of a pixel. */
function misaligned({ maps, size }: Group): boolean {
  const [first] = maps;
  return maps.some(({ left, top }) =>
    [(left - first!.left) / size[0], (top - first!.top) / size[1]].some(
      (steps) => Math.abs(steps - Math.round(steps)) > 0.01,
    ),
  );
}

function vrtOf({ crs, size, maps }: Group, classes: ClassScheme): string {
  const left = least(maps.map((map) => map.left));
  const top = -least(maps.map((map) => -map.top));
  const width = Math.round((-least(maps.map((map) => -map.right)) - left) / size[0]);
  const height = Math.round((top - least(maps.map((map) => map.bottom))) / size[1]);
  const { bands, type } = maps[0]!.raster;
  const sources = (band: number): string =>
    maps
      .map((map) => sourceOf(map, band, [(map.left - left) / size[0], (top - map.top) / size[1]]))
      .join('');
  const content =
    bands === 1 && type !== 'float32' ? classContent(classes) : '<NoDataValue>nan</NoDataValue>';
  const list = Array.from(
    { length: bands },
    (_, i) =>
      `  <VRTRasterBand dataType="${gdalTypes[type] ?? 'Float32'}" band="${i + 1}">\n    ${content}\n${sources(i + 1)}  </VRTRasterBand>\n`,
  );
  return `<VRTDataset rasterXSize="${width}" rasterYSize="${height}">
  <SRS>${xml(crs)}</SRS>
  <GeoTransform>${[left, size[0], 0, top, 0, -size[1]].join(', ')}</GeoTransform>
${list.join('')}</VRTDataset>
`;
}

const gdalTypes: Readonly<Record<string, string>> = {
  uint8: 'Byte',
  uint16: 'UInt16',
  float32: 'Float32',
};

/** A spread of thousands of arguments would overflow the stack. */
const least = (values: readonly number[]): number => values.reduce((a, b) => Math.min(a, b));

function classContent(classes: ClassScheme): string {
  const byValue = new Map(classes.map((one) => [one.value, one]));
  const values = Array.from({ length: 1 + Math.max(0, ...byValue.keys()) }, (_, value) => value);
  const entry = (value: number): string => {
    const [red, green, blue] = byValue.get(value)?.color ?? [0, 0, 0];
    return `<Entry c1="${red}" c2="${green}" c3="${blue}" c4="${byValue.has(value) ? 255 : 0}"/>`;
  };
  const names = values.map(
    (value) => `<Category>${xml(byValue.get(value)?.name ?? '')}</Category>`,
  );
  return `<NoDataValue>0</NoDataValue><ColorInterp>Palette</ColorInterp>
    <CategoryNames>${names.join('')}</CategoryNames>
    <ColorTable>${values.map(entry).join('')}</ColorTable>`;
}

function sourceOf(
  { map, raster }: Placed,
  band: number,
  [x, y]: readonly [number, number],
): string {
  const { grid, type, block } = raster;
  const { width, height } = grid;
  const whole = (offset: number): number =>
    Math.abs(offset - Math.round(offset)) < 1e-3 ? Math.round(offset) : offset;
  // what is known of a source here need not be read from it when the VRT is opened
  return `    <ComplexSource><SourceFilename relativeToVRT="1">${xml(map)}</SourceFilename><SourceBand>${band}</SourceBand><SourceProperties RasterXSize="${width}" RasterYSize="${height}" DataType="${gdalTypes[type] ?? 'Float32'}" BlockXSize="${block.width}" BlockYSize="${block.height}"/><SrcRect xOff="0" yOff="0" xSize="${width}" ySize="${height}"/><DstRect xOff="${whole(x)}" yOff="${whole(y)}" xSize="${width}" ySize="${height}"/><NODATA>${type === 'float32' ? 'nan' : 0}</NODATA></ComplexSource>\n`;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const xml = (text: string): string => text.replace(/[&<>"]/g, (one) => entities[one]!);
