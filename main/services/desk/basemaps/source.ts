import type { BasemapInfo } from '../../../../app/contract/desk/basemaps.ts';
import type { Remote } from './remote.ts';

/** One tile as it is sent to the window. */
export type BasemapTile = { readonly type: string; readonly bytes: Uint8Array };

/** An open basemap. Levels, columns and rows as in its description. */
export type BasemapSource = {
  readonly description: Omit<BasemapInfo, 'basemap' | 'proj4'>;
  /** Undefined where there is no such tile. @throws AppError */
  tile(
    level: number,
    column: number,
    row: number,
    signal: AbortSignal,
  ): Promise<BasemapTile | undefined>;
  close(): void;
};

/** Opens what the part of an address after its kind names. @throws AppError */
export type OpenBasemap = (
  place: string,
  remote: Remote,
  signal: AbortSignal,
) => Promise<BasemapSource>;

/** Media types of pictures that browsers decode; SVG is a document and not among them. */
export const pictureTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/gif', 'image/avif'];
export const vectorType = 'application/vnd.mapbox-vector-tile';

const characters: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['copy', '©'],
]);

/** Text of what may be HTML: maps are credited in plain text. */
export function plainText(html: unknown): string {
  if (typeof html !== 'string') return '';
  return html
    .replace(/<[^>]*>/g, '')
    .replace(/&(\w+);/g, (whole, name: string) => characters.get(name) ?? whole)
    .replace(/&#(\d{1,6});/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
}
