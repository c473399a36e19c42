import { AppError } from '../../app/error.ts';
import type { Geometry, Polygon, Position } from '../../app/vector/geometry.ts';
import { boundsOf } from '../../app/vector/geometry.ts';
import { normaliseCrs } from './crs.ts';
import type { Feature, FieldValue, Layer, LayerChoice } from './features.ts';
import { Budget, corrupt, limits, readBounded } from './limits.ts';
import { cleanPolygon, geometryOf, Skipped } from './rings.ts';

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads a GeoJSON file: FeatureCollection, Feature or bare geometry (RFC 7946), with the `crs` member of 2008 where
 * present. Without that member coordinates are longitude and latitude, unless they exceed 180 or 90: then the CRS is unknown.
 * @throws AppError `corrupt`, `too-large`, `bad-labels`, `not-found`, `not-readable`
 */
export async function readGeoJson(path: string, choice: LayerChoice = {}): Promise<Layer> {
  const bytes = await readBounded(path, limits.textBytes);
  return parseGeoJson(bytes, path, choice.signal);
}

/** The layer of GeoJSON bytes (UTF-8, with or without byte-order mark). */
export function parseGeoJson(bytes: Buffer, uri: string, signal?: AbortSignal): Layer {
  const root = parseObject(bytes, uri);
  const reader = new FeatureReader(uri, new Budget(uri, signal));
  if (root['type'] === 'FeatureCollection') {
    if (!Array.isArray(root['features'])) throw corrupt(uri, 'it has no list of features');
    for (const feature of root['features'] as unknown[]) reader.feature(feature);
  } else if (root['type'] === 'Feature') reader.feature(root);
  else if (typeof root['type'] === 'string')
    reader.feature({ type: 'Feature', geometry: root, properties: null });
  else throw corrupt(uri, 'it is JSON, but not GeoJSON: there is no "type"');
  const crs = crsOf(root, reader.features, uri);
  return {
    name: typeof root['name'] === 'string' ? root['name'] : 'geojson',
    ...(crs === undefined ? {} : { crs }),
    ...reader.table(),
    skipped: reader.skipped.counts,
  };
}

function parseObject(bytes: Buffer, uri: string): Json {
  let root: unknown;
  try {
    root = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, ''));
  } catch (error) {
    throw corrupt(uri, `it is not valid JSON (${(error as Error).message.slice(0, 200)})`);
  }
  if (!isObject(root)) throw corrupt(uri, 'its outermost value is not an object');
  return root;
}

/** Gathers features and the union of their fields. */
class FeatureReader {
  readonly skipped = new Skipped();
  readonly features: { id: string; geometry: Geometry; properties: Json }[] = [];
  readonly #uri: string;
  readonly #budget: Budget;
  readonly #fields = new Map<string, { text: boolean }>();
  #count = 0;

  constructor(uri: string, budget: Budget) {
    this.#uri = uri;
    this.#budget = budget;
  }

  feature(value: unknown): void {
    this.#budget.feature();
    this.#count++;
    if (!isObject(value) || value['type'] !== 'Feature')
      throw corrupt(this.#uri, `entry ${this.#count} of its features is not a feature`);
    const geometry = this.#geometry(value['geometry']);
    if (geometry === undefined) return;
    const properties = isObject(value['properties']) ? value['properties'] : {};
    for (const [name, property] of Object.entries(properties)) this.#field(name, property);
    const id = value['id'];
    const named = typeof id === 'string' || typeof id === 'number';
    this.features.push({ id: named ? String(id) : String(this.#count), geometry, properties });
  }

  table(): Pick<Layer, 'fields' | 'features'> {
    const fields = [...this.#fields].map(([name, { text }]) => ({ name, text }));
    const features = this.features.map(({ id, geometry, properties }): Feature => {
      const value = (name: string) =>
        Object.hasOwn(properties, name) ? fieldValue(properties[name]) : undefined;
      return { id, geometry, values: fields.map(({ name }) => value(name)) };
    });
    return { fields, features };
  }

  #field(name: string, value: unknown): void {
    const text = typeof value === 'string';
    const field = this.#fields.get(name);
    if (field !== undefined) field.text ||= text;
    else if (this.#fields.size < limits.fields) this.#fields.set(name, { text });
  }

  #geometry(value: unknown): Geometry | undefined {
    const polygons: Polygon[] = [];
    const points: Position[] = [];
    if (value === null || value === undefined) this.skipped.add('objects without geometry');
    else this.#collect(value, polygons, points, 0);
    return geometryOf(polygons, points, this.skipped);
  }

  #collect(value: unknown, polygons: Polygon[], points: Position[], depth: number): void {
    if (!isObject(value)) throw corrupt(this.#uri, `geometry ${this.#count} is not an object`);
    const coordinates = value['coordinates'];
    const polygon = (rings: unknown): void => {
      const clean = cleanPolygon(
        this.#list(rings).map((ring) => this.#positions(ring)),
        this.skipped,
      );
      if (clean !== undefined) polygons.push(clean);
    };
    switch (value['type']) {
      case 'Polygon':
        return polygon(coordinates);
      case 'MultiPolygon':
        return this.#list(coordinates).forEach(polygon);
      case 'Point':
        if (this.#list(coordinates).length > 0) points.push(...this.#positions([coordinates]));
        return;
      case 'MultiPoint':
        for (const position of this.#positions(coordinates)) points.push(position);
        return;
      case 'GeometryCollection':
        if (depth > 8) throw corrupt(this.#uri, 'its geometry collections are nested too deeply');
        for (const part of this.#list(value['geometries']))
          this.#collect(part, polygons, points, depth + 1);
        return;
      case 'LineString':
      case 'MultiLineString':
        return this.skipped.add('lines (only polygons and points can be ROIs)');
      default:
        throw corrupt(this.#uri, `geometry ${this.#count} is of no known type`);
    }
  }

  #list(value: unknown): unknown[] {
    if (Array.isArray(value)) return value as unknown[];
    throw corrupt(this.#uri, `the coordinates of object ${this.#count} are not a list`);
  }

  #positions(value: unknown): Position[] {
    const list = this.#list(value);
    this.#budget.vertices(list.length);
    return list.map((entry) => {
      const [x, y] = this.#list(entry);
      return [typeof x === 'number' ? x : Number.NaN, typeof y === 'number' ? y : Number.NaN];
    });
  }
}

function crsOf(
  root: Json,
  features: readonly { readonly geometry: Geometry }[],
  uri: string,
): string | undefined {
  if (root['crs'] === null) return undefined;
  if (root['crs'] !== undefined) {
    const properties = isObject(root['crs']) ? root['crs']['properties'] : undefined;
    const name = isObject(properties) ? (properties['name'] ?? properties['code']) : undefined;
    if (typeof name === 'number') return `EPSG:${name}`;
    if (typeof name === 'string' && name.length < 100_000) return normaliseCrs(name);
    throw new AppError(
      'unknown-crs',
      `${uri} has a "crs" member that names no coordinate system. Export it as EPSG:4326.`,
      { uri },
    );
  }
  const geographic = features.every(({ geometry }) => {
    const { minX, minY, maxX, maxY } = boundsOf(geometry);
    return minX >= -360 && maxX <= 360 && minY >= -90 && maxY <= 90;
  });
  return geographic ? 'EPSG:4326' : undefined;
}

function fieldValue(value: unknown): FieldValue {
  if (typeof value === 'string') return value.slice(0, limits.valueLength);
  if (typeof value === 'number') return value;
  return typeof value === 'boolean' ? String(value) : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
