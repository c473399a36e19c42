import type { Geometry, Polygon, Position } from '../../app/vector/geometry.ts';
import { cleanPolygon, geometryOf } from './rings.ts';
import type { WkbContext } from './wkb.ts';

/**
 * A geometry in well-known text (ISO or extended, `SRID=n;` passed over): polygons, points, their multi forms and
 * collections; lines are counted as skipped. Z and M are dropped. Undefined where it is empty or nothing of use.
 */
export function readWkt(text: string, context: WkbContext): Geometry | undefined {
  const parts: Parts = { polygons: [], points: [] };
  const reader = new WktReader(text.replace(/^\s*SRID=\d+;/i, ''), context);
  reader.geometry(parts, 0);
  reader.end();
  return geometryOf(parts.polygons, parts.points, context.skipped);
}

type Parts = { readonly polygons: Polygon[]; readonly points: Position[] };

const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
/** A position with its further dimensions. */
const position = new RegExp(String.raw`\s*(${number})\s+(${number})(?:\s+${number}){0,2}\s*`, 'y');
const word = /\s*([A-Za-z]+)\s*/y;

class WktReader {
  readonly #text: string;
  readonly #context: WkbContext;
  #at = 0;

  constructor(text: string, context: WkbContext) {
    this.#text = text;
    this.#context = context;
  }

  geometry(parts: Parts, depth: number): void {
    if (depth > 8) throw this.#context.damaged('geometry collections are nested too deeply');
    const kind = this.#kind();
    if (kind === undefined) return;
    const read = {
      POINT: () => void parts.points.push(...this.#positions()),
      MULTIPOINT: () => this.#list(() => this.#member(parts)),
      POLYGON: () => this.#polygon(parts),
      MULTIPOLYGON: () => this.#list(() => this.#polygon(parts)),
      GEOMETRYCOLLECTION: () => this.#list(() => this.geometry(parts, depth + 1)),
      LINESTRING: () => this.#line(() => this.#positions()),
      MULTILINESTRING: () => this.#line(() => this.#list(() => this.#positions())),
    }[kind];
    if (read === undefined) throw this.#damaged();
    read();
  }

  /** The word before the bracket, without its dimensions; undefined where the geometry is empty. */
  #kind(): string | undefined {
    const kind = this.#word()?.replace(/(ZM|Z|M)$/, '');
    let next = this.#word();
    if (next === 'Z' || next === 'M' || next === 'ZM') next = this.#word();
    if (kind === undefined || (next !== undefined && next !== 'EMPTY')) throw this.#damaged();
    return next === 'EMPTY' ? undefined : kind;
  }

  /** A point of several: with or without brackets of its own. */
  #member({ points }: Parts): void {
    if (this.#peek() === '(') points.push(...this.#positions());
    else points.push(this.#position());
  }

  #line(read: () => void): void {
    read();
    this.#context.skipped.add('lines (only polygons and points can be ROIs)');
  }

  /** Nothing may follow. */
  end(): void {
    if (this.#text.slice(this.#at).trim() !== '') throw this.#damaged();
  }

  #polygon({ polygons }: Parts): void {
    const rings: Position[][] = [];
    this.#list(() => rings.push(this.#positions()));
    const polygon = cleanPolygon(rings, this.#context.skipped);
    if (polygon !== undefined) polygons.push(polygon);
  }

  #positions(): Position[] {
    const positions: Position[] = [];
    this.#list(() => positions.push(this.#position()));
    this.#context.budget.vertices(positions.length);
    return positions;
  }

  #position(): Position {
    const found = this.#match(position);
    if (found === undefined) throw this.#damaged();
    return [Number(found[1]), Number(found[2])];
  }

  /** Items between brackets, with commas between them. */
  #list(item: () => void): void {
    this.#take('(');
    do item();
    while (this.#skip(','));
    this.#take(')');
  }

  #word(): string | undefined {
    return this.#match(word)?.[1]?.toUpperCase();
  }

  #peek(): string | undefined {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at += 1;
    return this.#text[this.#at];
  }

  #skip(sign: string): boolean {
    if (this.#peek() !== sign) return false;
    this.#at += 1;
    return true;
  }

  #take(sign: string): void {
    if (!this.#skip(sign)) throw this.#damaged();
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  #damaged(): Error {
    const around = this.#text.slice(this.#at, this.#at + 30);
    return this.#context.damaged(`a geometry is no well-known text near "${around}"`);
  }
}
