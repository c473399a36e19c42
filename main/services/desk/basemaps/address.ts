import { AppError } from '../../../../app/error.ts';

const kinds = ['xyz', 'wmts', 'pmtiles', 'mbtiles'] as const;
type BasemapKind = (typeof kinds)[number];

/** An address of a basemap in its two parts. @throws AppError `usage` */
export function parseBasemap(uri: string): { readonly kind: BasemapKind; readonly place: string } {
  const colon = uri.indexOf(':');
  const kind = kinds.find((one) => one === uri.slice(0, colon).toLowerCase());
  const place = uri.slice(colon + 1).trim();
  if (kind !== undefined && place !== '') return { kind, place };
  throw new AppError(
    'usage',
    `"${uri.slice(0, 80)}" is no basemap: its address has to begin with ${kinds.map((one) => `${one}:`).join(', ')}.`,
  );
}

export const isRemote = (place: string): boolean => /^https?:\/\//i.test(place);

/**
 * The host (with its port) that a place is fetched from; undefined for a file of this machine. `\\server\share` is a host:
 * Windows would ask it.
 * @throws AppError `usage`
 */
export function hostOf(place: string): string | undefined {
  const server = /^(?:\\\\|\/\/)([^\\/]+)/.exec(place)?.[1];
  if (server !== undefined) return server.toLowerCase();
  if (!isRemote(place)) return undefined;
  return urlOf(fill(place, { z: 0, x: 0, y: 0 })).host;
}

/** @throws AppError `usage` */
export function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  throw new AppError('usage', `"${text.slice(0, 120)}" is no http or https address.`);
}

/** A template with its places filled in: `{z}`, `{x}`, `{y}`, `{-y}` (counted from below); of several servers the first. */
export function fill(
  template: string,
  { z, x, y }: { readonly z: number; readonly x: number; readonly y: number },
): string {
  return template
    .replaceAll('{z}', String(z))
    .replaceAll('{x}', String(x))
    .replaceAll('{y}', String(y))
    .replaceAll('{-y}', String(2 ** z - 1 - y))
    .replaceAll('{s}', 'a')
    .replaceAll('{r}', '')
    .replace(/\{([a-z0-9])-[a-z0-9]\}/i, '$1')
    .replace(/\{switch:([^,}]+)[^}]*\}/i, '$1');
}
