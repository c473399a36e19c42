/** What a tile request asks for. */
export type TileAddress = {
  readonly scene: string;
  readonly z: number;
  readonly x: number;
  readonly y: number;
  /** Bands from 0, in the order wanted; none where there is an expression. */
  readonly bands: readonly number[];
  /** Band arithmetic over physical values instead of bands: a tile of one float32 band. */
  readonly expression?: string;
  /** Of the scene's file: a changed file has other addresses, so that nothing stale is shown. */
  readonly stamp: string;
};

const pattern = /^\/tiles\/([0-9a-f]{16})\/([0-9]{1,2})\/([0-9]{1,7})\/([0-9]{1,7})$/;

export function tilePath({ scene, z, x, y, bands, expression, stamp }: TileAddress): string {
  const what =
    expression === undefined
      ? `bands=${bands.join(',')}`
      : `expression=${encodeURIComponent(expression)}`;
  return `/tiles/${scene}/${z}/${x}/${y}?${what}&stamp=${encodeURIComponent(stamp)}`;
}

/** The address of a path and query, or undefined where it is none. */
export function parseTilePath(
  pathname: string,
  query: { get(name: string): string | null },
): TileAddress | undefined {
  const match = pattern.exec(pathname);
  const what = whatOf(query);
  if (match === null || what === undefined) return undefined;
  const [, scene, z, x, y] = match;
  return {
    scene: scene!,
    z: Number(z),
    x: Number(x),
    y: Number(y),
    ...what,
    stamp: query.get('stamp') ?? '',
  };
}

const mostCharacters = 500;

function whatOf(query: {
  get(name: string): string | null;
}): Pick<TileAddress, 'bands' | 'expression'> | undefined {
  const expression = query.get('expression');
  const bands = query.get('bands');
  if (expression !== null)
    return bands === null && expression !== '' && expression.length <= mostCharacters
      ? { bands: [], expression }
      : undefined;
  if (bands === null || !/^\d{1,5}(,\d{1,5}){0,15}$/.test(bands)) return undefined;
  return { bands: bands.split(',').map(Number) };
}

/**
 * The body of a tile: samples of the file's own type, band after band, row by row, little-endian, then one byte a pixel that is
 * 255 where every band is valid and 0 elsewhere. Header `x-sample-type` names the type.
 */
export const SAMPLE_TYPE_HEADER = 'x-sample-type';
