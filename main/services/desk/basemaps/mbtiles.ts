import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { AppError } from '../../../../app/error.ts';
import { isRemote } from './address.ts';
import { unpack } from './remote.ts';
import { type BasemapSource, type OpenBasemap, plainText, vectorType } from './source.ts';
import { webMercatorBounds, webMercatorLevels } from './webMercator.ts';
import { mostTileBytes } from './xyz.ts';

/** A map, for a file may say any word: `constructor` too. */
const types: ReadonlyMap<string, string> = new Map([
  ['png', 'image/png'],
  ['jpg', 'image/jpeg'],
  ['jpeg', 'image/jpeg'],
  ['webp', 'image/webp'],
  ['pbf', vectorType],
]);

/** Tiles in an SQLite file (MBTiles 1.3). */
export const openMbtiles: OpenBasemap = async (place) => {
  if (isRemote(place))
    throw new AppError(
      'unsupported',
      'MBTiles are read from files of this computer only. Download the file, or use PMTiles.',
    );
  const path = resolve(place);
  if (!existsSync(path))
    throw new AppError('not-found', `There is no file ${path}. Was it moved or renamed?`);
  let database: DatabaseSync | undefined;
  try {
    // Immutable: nothing is written beside it, and it may lie where nothing can be written.
    const url = pathToFileURL(path);
    url.search = '?immutable=1';
    database = new DatabaseSync(url, { readOnly: true });
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON;');
    return sourceOf(database, path);
  } catch (error) {
    database?.close();
    if (error instanceof AppError) throw error;
    throw new AppError('unknown-format', `${path} is no MBTiles file, or it is damaged.`);
  }
};

function sourceOf(database: DatabaseSync, path: string): BasemapSource {
  const metadata = new Map(
    database
      .prepare('SELECT name, value FROM metadata LIMIT 1000')
      .all()
      .map(({ name, value }) => [String(name), String(value)]),
  );
  const zooms = database
    .prepare('SELECT min(zoom_level) AS low, max(zoom_level) AS high FROM tiles')
    .get();
  const [low, high] = [Number(zooms?.['low'] ?? -1), Number(zooms?.['high'] ?? -1)];
  const type = types.get(metadata.get('format') ?? 'png');
  if (type === undefined || !(low >= 0 && high <= 24))
    throw new AppError(
      'unsupported',
      'The MBTiles file has no tiles, or tiles of a kind that Prismap does not show.',
    );
  const bounds = webMercatorBounds((metadata.get('bounds') ?? '').split(',').map(Number));
  const select = database.prepare(
    'SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?',
  );
  const tileData = (zoom: number, column: number, row: number): unknown => {
    try {
      // Rows are counted from the south.
      return select.get(zoom, column, 2 ** zoom - 1 - row)?.['tile_data'];
    } catch {
      throw new AppError(
        'corrupt',
        `${path} is damaged: a tile of level ${zoom} cannot be read. Use another copy of the file.`,
      );
    }
  };
  return {
    description: {
      crs: 'EPSG:3857',
      levels: webMercatorLevels(low, high),
      ...(bounds === undefined ? {} : { bounds }),
      content: type === vectorType ? 'vector' : 'image',
      attribution: plainText(metadata.get('attribution')),
    },
    tile: async (level, column, row) => {
      const data = tileData(low + level, column, row);
      if (!(data instanceof Uint8Array) || data.length > mostTileBytes) return undefined;
      const packed = data[0] === 0x1f && data[1] === 0x8b;
      return { type, bytes: packed ? await unpack(data, mostTileBytes) : data };
    },
    close: () => database.close(),
  };
}
