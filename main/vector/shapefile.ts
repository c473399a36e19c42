import { readFile } from 'node:fs/promises';
import { AppError } from '../../app/error.ts';
import {
  type Geometry,
  type Polygon,
  type Position,
  type Ring,
  twiceSignedArea,
} from '../../app/vector/geometry.ts';
import { normaliseCrs } from './crs.ts';
import { type DbaseTable, dbaseEncoding, parseDbase } from './dbase.ts';
import type { Feature, Layer, LayerChoice } from './features.ts';
import { Budget, corrupt, limits, readBounded } from './limits.ts';
import { holesWithin } from './ringNesting.ts';
import { cleanRing, geometryOf, Skipped } from './rings.ts';

/**
 * Reads a Shapefile from its `.shp`; `.dbf` (classes), `.prj` and `.cpg` beside it where present. The index `.shx` is
 * not needed: records follow each other in the `.shp`.
 * @throws AppError `corrupt`, `unsupported`, `too-large`, `not-found`, `not-readable`
 */
export async function readShapefile(path: string, choice: LayerChoice = {}): Promise<Layer> {
  const bytes = await readBounded(path, limits.fileBytes);
  const beside = async (extension: string): Promise<Buffer | undefined> => {
    for (const name of [extension, extension.toUpperCase()]) {
      const found = await readFile(path.replace(/\.[^.]*$/, `.${name}`)).catch(() => undefined);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const [dbf, prj, cpg] = await Promise.all([beside('dbf'), beside('prj'), beside('cpg')]);
  const encoding = dbaseEncoding(cpg?.toString('latin1'), dbf?.[29] ?? 0);
  const table = dbf === undefined ? undefined : parseDbase(dbf, path, encoding);
  const crs = prj === undefined ? '' : normaliseCrs(prj.subarray(0, 100_000).toString('utf8'));
  const name = path.replace(/^.*[\\/]|\.[^.]*$/g, '');
  return {
    name,
    ...(crs === '' ? {} : { crs }),
    fields: table?.fields ?? [],
    ...(table === undefined ? { lacksTable: true } : {}),
    ...parseShapes(bytes, path, table, choice.signal),
  };
}

/** Features of the bytes of a `.shp`. @throws AppError `corrupt`, `unsupported`, `too-large` */
export function parseShapes(
  bytes: Buffer,
  uri: string,
  table: DbaseTable | undefined,
  signal?: AbortSignal,
): Pick<Layer, 'features' | 'skipped'> {
  if (bytes.length < 100 || bytes.readInt32BE(0) !== 9994)
    throw corrupt(uri, 'it does not begin with the header of a Shapefile');
  const budget = new Budget(uri, signal);
  const skipped = new Skipped();
  const features: Feature[] = [];
  // some writers leave the length of a file at 0: then the file itself says it
  const stated = bytes.readInt32BE(24) * 2;
  if (stated > bytes.length) throw corrupt(uri, `it ends after ${bytes.length} of ${stated} bytes`);
  for (let offset = 100, index = 0; offset + 12 <= bytes.length; index++) {
    const size = bytes.readInt32BE(offset + 4) * 2;
    if (size < 4 || offset + 8 + size > bytes.length)
      throw corrupt(uri, `record ${index + 1} ends beyond the file`);
    budget.feature();
    const record = bytes.subarray(offset + 8, offset + 8 + size);
    const geometry = new ShapeReader(record, uri, index + 1, budget, skipped).read();
    const values = table?.row(index) ?? [];
    if (geometry !== undefined) features.push({ id: String(index + 1), geometry, values });
    offset += 8 + size;
  }
  return { features, skipped: skipped.counts };
}

class ShapeReader {
  readonly #bytes: Buffer;
  readonly #uri: string;
  readonly #number: number;
  readonly #budget: Budget;
  readonly #skipped: Skipped;

  constructor(bytes: Buffer, uri: string, number: number, budget: Budget, skipped: Skipped) {
    this.#bytes = bytes;
    this.#uri = uri;
    this.#number = number;
    this.#budget = budget;
    this.#skipped = skipped;
  }

  read(): Geometry | undefined {
    const type = this.#bytes.readInt32LE(0);
    switch (type) {
      case 0:
        this.#skipped.add('objects without geometry');
        return undefined;
      case 1:
      case 11:
      case 21:
        return geometryOf([], this.#positions(4, 1), this.#skipped);
      case 8:
      case 18:
      case 28:
        return geometryOf([], this.#positions(40, this.#count(36)), this.#skipped);
      case 5:
      case 15:
      case 25:
        return geometryOf(this.#polygons(), [], this.#skipped);
      case 3:
      case 13:
      case 23:
        this.#skipped.add('lines (only polygons and points can be ROIs)');
        return undefined;
      case 31:
        throw new AppError(
          'unsupported',
          `${this.#uri} holds three-dimensional surfaces (MultiPatch). Export polygons instead.`,
          { uri: this.#uri },
        );
      default:
        throw this.#damaged(`is of the unknown kind ${type}`);
    }
  }

  /** Rings by direction: clockwise ones are outer, the others holes of the smallest outer ring around them. */
  #polygons(): Polygon[] {
    const parts = this.#count(36);
    const points = this.#count(40);
    this.#need(44 + 4 * parts + 16 * points);
    const starts = Array.from({ length: parts }, (_, i) => this.#bytes.readInt32LE(44 + 4 * i));
    const outers: Ring[] = [];
    const inners: Ring[] = [];
    starts.forEach((start, i) => {
      const end = starts[i + 1] ?? points;
      if (start < 0 || start > end || end > points)
        throw this.#damaged('has rings that overlap in the file');
      const raw = this.#positions(44 + 4 * parts + 16 * start, end - start);
      const ring = cleanRing(raw, this.#skipped);
      if (ring !== undefined) (twiceSignedArea(ring) <= 0 ? outers : inners).push(ring);
    });
    return holesWithin(outers, inners);
  }

  #positions(offset: number, count: number): Position[] {
    this.#need(offset + 16 * count);
    this.#budget.vertices(count);
    return Array.from({ length: count }, (_, i) => [
      this.#bytes.readDoubleLE(offset + 16 * i),
      this.#bytes.readDoubleLE(offset + 16 * i + 8),
    ]);
  }

  #count(offset: number): number {
    this.#need(offset + 4);
    const count = this.#bytes.readInt32LE(offset);
    if (count < 0 || count * 4 > this.#bytes.length)
      throw this.#damaged('counts more than it holds');
    return count;
  }

  #need(size: number): void {
    if (size > this.#bytes.length) throw this.#damaged('ends too soon');
  }

  #damaged(what: string): AppError {
    return corrupt(this.#uri, `record ${this.#number} ${what}`);
  }
}
