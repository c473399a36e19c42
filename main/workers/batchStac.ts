import { basename, dirname, relative, sep } from 'node:path';
import { toMap } from '../../app/raster/geoTransform.ts';
import type { Grid } from '../../app/raster/grid.ts';
import type { ClassScheme } from '../../app/vector/roi.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { createTransform, parseCrs } from '../vector/crs.ts';
import type { BatchMapInput, OutputPaths } from './batchInput.ts';

/** What an item says of a map. */
export type StacMap = NonNullable<BatchMapInput['stac']> & {
  /** RFC 3339. */
  readonly datetime: string;
  /** Where the time is from: what the scene says of itself, or when its file was written; 1970 where nobody says it. */
  readonly datetimeSource: 'scene' | 'file' | 'unknown';
  readonly grid: Grid;
  readonly classes: ClassScheme;
  /** A band of scores a class, where it is no class map. */
  readonly bandPerClass: boolean;
  readonly outputs: OutputPaths;
};

const extensions = {
  projection: 'https://stac-extensions.github.io/projection/v1.1.0/schema.json',
  classification: 'https://stac-extensions.github.io/classification/v2.0.0/schema.json',
};
const cog = 'image/tiff; application=geotiff; profile=cloud-optimized';
/** How each output is described. */
const kinds = {
  map: { title: 'Class map', type: cog, roles: ['data'] },
  score: { title: 'Score of the class chosen', type: cog, roles: ['data', 'confidence'] },
  probabilities: { title: 'Score of every class', type: cog, roles: ['data', 'confidence'] },
  vector: { title: 'Polygons', type: 'application/geopackage+sqlite3', roles: ['data'] },
  preview: { title: 'Preview', type: 'image/png', roles: ['overview'] },
} as const;

/**
 * Writes a STAC 1.0.0 item (github.com/radiantearth/stac-spec, item-spec) beside a map, with the extensions for projection and
 * classes. Its time is that of the scene, never that of the run: the same scene gives the same bytes.
 */
export async function writeStacItem(map: StacMap): Promise<void> {
  const href = (path: string): string => hrefFrom(map.item, path);
  const assets = Object.entries(map.outputs).flatMap(([name, path]) =>
    path === undefined
      ? []
      : [
          [
            name,
            { href: href(path), ...kinds[name as keyof typeof kinds], ...contentOf(name, map) },
          ],
        ],
  );
  const collection = href(map.collection);
  const item = {
    type: 'Feature',
    stac_version: '1.0.0',
    stac_extensions: Object.values(extensions),
    id: map.id,
    ...placeOf(map.grid),
    properties: {
      title: basename(map.outputs.map),
      datetime: map.datetime,
      'prismap:datetime_source': map.datetimeSource,
      'prismap:scene': nameOf(map.scene),
      ...projectionOf(map.grid),
    },
    links: [
      { rel: 'root', href: collection, type: 'application/json' },
      { rel: 'parent', href: collection, type: 'application/json' },
      { rel: 'collection', href: collection, type: 'application/json' },
      { rel: 'derived_from', href: map.scene, title: nameOf(map.scene) },
    ],
    collection: map.collectionId,
    assets: Object.fromEntries(assets) as Record<string, unknown>,
  };
  await writeFileAtomic(map.item, `${JSON.stringify(item, undefined, 2)}\n`);
}

function nameOf(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name; // an address may hold a % that is no code
  }
}

/** A relative reference that holds wherever the folder of results is moved. */
function hrefFrom(item: string, path: string): string {
  const parts = relative(dirname(item), path).split(sep).map(encodeURIComponent).join('/');
  return parts.startsWith('.') ? parts : `./${parts}`;
}

function contentOf(name: string, { classes, bandPerClass }: StacMap): Record<string, unknown> {
  if (name !== 'map') return {};
  if (bandPerClass) return { title: 'Score of every class' };
  return {
    'classification:classes': classes.map(({ value, name: title, color }) => ({
      value,
      name: machineName(title, value),
      title,
      description: title,
      color_hint: color
        .map((part) => part.toString(16).padStart(2, '0'))
        .join('')
        .toUpperCase(),
    })),
  };
}

/** Names for machines hold letters, digits, `-` and `_` only. */
const machineName = (title: string, value: number): string =>
  title
    .normalize('NFKD')
    .replace(/[^0-9A-Za-z]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .toLowerCase() || `class_${value}`;

function projectionOf({ width, height, crs, transform }: Grid): Record<string, unknown> {
  const code = crs === undefined ? undefined : /^EPSG:(\d+)$/.exec(parseCrs(crs).id)?.[1];
  return {
    'proj:epsg': code === undefined ? null : Number(code),
    ...(code === undefined && crs?.includes('[') === true ? { 'proj:wkt2': crs } : {}),
    'proj:shape': [height, width],
    ...(transform === undefined
      ? {}
      : {
          // rows of the affine matrix: column and row to x, then to y
          'proj:transform': [
            transform[1],
            transform[2],
            transform[0],
            transform[4],
            transform[5],
            transform[3],
          ],
        }),
  };
}

/** Points on each side of the outline: the sides of a projected grid are curved on the globe. */
const steps = 8;

/** Outline in longitude and latitude (RFC 7946); none where the map has no place. */
function placeOf({ width, height, crs, transform }: Grid): Record<string, unknown> {
  if (crs === undefined || transform === undefined) return { geometry: null };
  const toLonLat = createTransform(crs, 'EPSG:4326');
  const corners = [
    [0, 0],
    [0, height],
    [width, height],
    [width, 0],
  ] as const;
  const ring = corners.flatMap((from, i) => {
    const to = corners[(i + 1) % corners.length]!;
    return Array.from({ length: steps }, (_, k) => {
      const share = k / steps;
      const column = from[0] + (to[0] - from[0]) * share;
      const row = from[1] + (to[1] - from[1]) * share;
      const [x, y] = toMap(transform, column, row);
      const [longitude, latitude] = toLonLat(x, y);
      return [round(longitude), round(latitude)] as const;
    });
  });
  if (!ring.flat().every(Number.isFinite)) return { geometry: null };
  // counter-clockwise, as the standard asks of the outer ring
  const ordered = signedArea(ring) < 0 ? ring.toReversed() : ring;
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  return {
    geometry: { type: 'Polygon', coordinates: [[...ordered, ordered[0]!]] },
    bbox: [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)],
  };
}

/** A centimetre. */
const round = (degrees: number): number => Number(degrees.toFixed(7));

function signedArea(ring: readonly (readonly [number, number])[]): number {
  return ring.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = ring[(i + 1) % ring.length]!;
    return sum + x * nextY - nextX * y;
  }, 0);
}
