import proj4 from 'proj4';
import { AppError } from '../../app/error.ts';
import type { Position } from '../../app/vector/geometry.ts';
import type { PointTransform } from '../../app/vector/placeRois.ts';
import { type EpsgEntry, epsgEntry, withShift } from './epsg.ts';
import { completeWkt } from './wktShift.ts';

/** A coordinate system ready to compute with. */
export type Crs = {
  /** `EPSG:n` where it is one, else the WKT or PROJ string. */
  readonly id: string;
  readonly name: string;
  readonly geographic: boolean;
  /** Length of a unit of its axes in metres; undefined for degrees. */
  readonly metresPerUnit: number | undefined;
  /** Half-axis and squared eccentricity of its ellipsoid. */
  readonly ellipsoid: { readonly a: number; readonly es: number };
  /** False where positions may be off by up to some hundred metres because no shift to WGS 84 is known. */
  readonly shifted: boolean;
  /** As a PROJ string where it is a code or one, else as WKT that proj4 reads. */
  readonly definition: string;
  readonly projection: ProjectionDefinition;
};

type ProjectionDefinition = InstanceType<typeof proj4.Proj>;

const known = new Map<string, Crs>();

/**
 * A coordinate system from `EPSG:n`, `ESRI:n`, an OGC URN or address, WKT 1 or 2, an ESRI .prj text or a PROJ string.
 * Positions are x, y (longitude before latitude) whatever the order of axes in its definition.
 * @throws AppError `unknown-crs`
 */
export function parseCrs(text: string): Crs {
  const id = normaliseCrs(text);
  let crs = known.get(id);
  if (crs === undefined) {
    crs = makeCrs(id);
    // bounded: a crafted file may name many
    if (known.size > 200) known.clear();
    known.set(id, crs);
  }
  return crs;
}

/** The shortest name of a CRS: `EPSG:n` where the text carries that code, else the text itself, trimmed. */
export function normaliseCrs(text: string): string {
  const trimmed = text.replace(/\0/g, '').trim();
  const short = /^(?:EPSG|ESRI)\s*:+\s*(\d{4,6})$/i.exec(trimmed)?.[1];
  if (short !== undefined) return `EPSG:${short}`;
  const urn = /^(?:urn:(?:x-)?ogc:def:crs:|https?:\/\/www\.opengis\.net\/def\/crs\/)(.*)$/i.exec(
    trimmed,
  )?.[1];
  if (urn !== undefined || /^(?:OGC:)?CRS:?84h?$/i.test(trimmed)) {
    if (/CRS:?84h?$/i.test(trimmed)) return 'EPSG:4326';
    const code = /^(?:EPSG|ESRI)[:/](?:[^:/]*[:/])?(\d{4,6})$/i.exec(urn ?? '')?.[1];
    if (code !== undefined) return `EPSG:${code}`;
  }
  const horizontal = horizontalPart(trimmed);
  // proj4 takes this method for plain Mercator in WKT 2, which is off by kilometres
  if (/METHOD\[\s*"Popular Visualisation Pseudo.Mercator"/i.test(horizontal)) return 'EPSG:3857';
  return wktCode(horizontal) ?? horizontal;
}

/** The map part of a compound WKT (position and height); other text as it is. */
function horizontalPart(text: string): string {
  if (!/^COMP(D_CS|OUNDCRS)\s*\[/i.test(text)) return text;
  const start = text.search(/(PROJCS|GEOGCS|PROJCRS|GEOGCRS|GEODCRS)\s*\[/i);
  if (start < 0) return text;
  let depth = 0;
  for (let i = text.indexOf('[', start); i < text.length; i++) {
    if (text[i] === '[') depth++;
    else if (text[i] === ']' && --depth === 0) return text.slice(start, i + 1);
  }
  return text;
}

/** EPSG code of a whole WKT (its last AUTHORITY or ID), where the index knows it by that name too. */
function wktCode(wkt: string): string | undefined {
  if (!/^[A-Z0-9_]+\s*\[/i.test(wkt)) return undefined;
  const code = /(?:AUTHORITY|ID)\s*\[\s*"(?:EPSG|ESRI)"\s*,\s*"?(\d{4,6})"?\s*\]\s*\]$/i.exec(
    wkt.trimEnd(),
  )?.[1];
  if (code === undefined) return undefined;
  try {
    epsgEntry(code);
    return `EPSG:${code}`;
  } catch {
    return undefined;
  }
}

function makeCrs(id: string): Crs {
  const code = /^EPSG:(\d+)$/.exec(id)?.[1];
  const entry = code === undefined ? undefined : epsgEntry(code);
  const projection = entry === undefined ? projectionOf(id) : new proj4.Proj(entry.proj);
  // what proj4 derives from a definition, beyond its declared types
  const { a, es = 0, to_meter: toMetre = 1, datum, projName } = projection as unknown as Derived;
  const geographic = projName === 'longlat';
  if (!(a > 0)) throw unknown(id, 'it has no ellipsoid');
  // what proj4 makes of LOCAL_CS: metres of a construction site would pass for radians
  if (projName === 'identity') throw unknown(id, 'it is local and has no place on the Earth');
  return {
    id,
    name: entry?.name ?? ownName(id),
    geographic,
    metresPerUnit: geographic ? undefined : toMetre,
    ellipsoid: { a, es },
    shifted: entry?.shifted ?? (datum?.datum_type !== 5 || isModern(a)),
    definition: definitionOf(id, entry),
    projection,
  };
}

/** What proj4 makes of a definition that the index does not have. @throws AppError `unknown-crs` */
function projectionOf(id: string): ProjectionDefinition {
  if (id.length > 100_000) throw unknown(id, 'its definition is too long');
  try {
    const projection = new proj4.Proj(ownDefinition(id));
    // the order of axes in WKT says how people write positions, not how files hold them
    if (!id.startsWith('+')) (projection as unknown as { axis: string }).axis = 'enu';
    return projection;
  } catch (error) {
    // proj4 throws texts too
    throw unknown(id, error instanceof Error ? error.message : String(error));
  }
}

const ownName = (wkt: string): string => /\[\s*"([^"]*)"/.exec(wkt)?.[1] ?? wkt;

type Derived = {
  readonly a: number;
  readonly es?: number;
  readonly to_meter?: number;
  readonly projName?: string;
  readonly datum?: { readonly datum_type?: number };
};

/** Half-axis of GRS 80 and WGS 84: systems on it are geocentric to about a metre. */
const isModern = (a: number): boolean => Math.abs(a - 6378137) < 0.5;

const definitionOf = (id: string, entry: EpsgEntry | undefined): string =>
  entry?.proj ?? ownDefinition(id);

/** A definition that the index does not have, as proj4 takes it. */
function ownDefinition(text: string): string {
  if (/^\+/.test(text)) return withShift(text, '').proj;
  if (/^[A-Z0-9_]+\s*\[/i.test(text)) return completeWkt(text);
  throw new Error('it is neither a code, WKT nor a PROJ string');
}

function unknown(id: string, reason: string): AppError {
  return new AppError(
    'unknown-crs',
    `The coordinate system "${id.slice(0, 120)}" is not understood: ${reason}. Convert the file to a common one, e.g. EPSG:4326.`,
    { crs: id.slice(0, 2000) },
  );
}

/**
 * Converts positions from one CRS to another. Where a position has no counterpart the result is NaN, never an error.
 * `warnings` says where positions may be off because a datum shift is missing.
 * @throws AppError `unknown-crs`
 */
export function createTransform(from: string, to: string): PointTransform {
  const [source, target] = [parseCrs(from), parseCrs(to)];
  if (source.id === target.id) return (x, y) => [x, y];
  const converter = proj4(source.projection, target.projection);
  const convert = (x: number, y: number): Position => {
    if (!Number.isFinite(x) || !Number.isFinite(y)) return [Number.NaN, Number.NaN];
    try {
      // axes as the definition says (`+axis=wsu` in southern Africa), as PROJ does
      const [east, north] = converter.forward<[number, number]>([x, y], true);
      return [east, north];
    } catch {
      return [Number.NaN, Number.NaN];
    }
  };
  const warnings = [source, target].filter((crs) => !crs.shifted).map(unshifted);
  return Object.assign(convert, { warnings });
}

const unshifted = (crs: Crs): string =>
  `No datum shift is known for ${crs.name.slice(0, 80)}: converted positions may be off by up to some hundred metres.`;
