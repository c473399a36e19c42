import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { brotliDecompress } from 'node:zlib';
import {
  Compression,
  type Header,
  PMTiles,
  SharedPromiseCache,
  type Source,
  TileType,
} from 'pmtiles';
import { AppError } from '../../../../app/error.ts';
import { isRemote } from './address.ts';
import { type Remote, unpack } from './remote.ts';
import { type OpenBasemap, plainText, vectorType } from './source.ts';
import { webMercatorBounds, webMercatorLevels } from './webMercator.ts';
import { mostTileBytes } from './xyz.ts';

const typeOf: Partial<Record<TileType, string>> = {
  [TileType.Mvt]: vectorType,
  [TileType.Png]: 'image/png',
  [TileType.Jpeg]: 'image/jpeg',
  [TileType.Webp]: 'image/webp',
  [TileType.Avif]: 'image/avif',
};

type Metadata = { readonly attribution?: unknown };

/** Directories and metadata, unpacked; one tile is far less. */
const mostPartBytes = 32 * 2 ** 20;

/** One file of tiles, on this machine or on a server that answers range requests (PMTiles 3). */
export const openPmtiles: OpenBasemap = async (place, remote) => {
  const { source, close } = isRemote(place) ? remoteSource(place, remote) : await fileSource(place);
  const archive = new PMTiles(source, new SharedPromiseCache(64, false, decompress), decompress);
  try {
    const header = await archive.getHeader().catch(asFormatError(place));
    const type = typeOf[header.tileType];
    if (type === undefined)
      throw new AppError('unsupported', `${place} holds tiles of a kind that is not shown.`);
    // Any JSON, or none that can be read.
    const metadata = (await archive.getMetadata().catch(() => null)) as Metadata | null;
    return {
      description: {
        crs: 'EPSG:3857',
        levels: webMercatorLevels(header.minZoom, Math.min(24, header.maxZoom)),
        ...boundsOf(header),
        content: type === vectorType ? 'vector' : 'image',
        attribution: plainText(metadata?.attribution),
      },
      tile: async (level, x, y, signal) => {
        const found = await archive
          .getZxy(header.minZoom + level, x, y, signal)
          .catch(asFormatError(place));
        return found === undefined ? undefined : { type, bytes: new Uint8Array(found.data) };
      },
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
};

function boundsOf({ minLon, minLat, maxLon, maxLat }: Header) {
  const bounds = webMercatorBounds([minLon, minLat, maxLon, maxLat]);
  return bounds === undefined ? {} : { bounds };
}

type Opened = { readonly source: Source; readonly close: () => void };

async function fileSource(place: string): Promise<Opened> {
  const path = resolve(place);
  const file: FileHandle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT'
      ? new AppError('not-found', `There is no file ${path}. Was it moved or renamed?`)
      : new AppError('not-readable', `${path} cannot be read (${error.code}).`);
  });
  const getBytes: Source['getBytes'] = async (offset, length) => {
    requireSmall(length);
    const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
    return { data: arrayBufferOf(buffer.subarray(0, bytesRead)) };
  };
  return {
    source: { getKey: () => path, getBytes },
    close: () => void file.close().catch(() => undefined),
  };
}

function remoteSource(url: string, remote: Remote): Opened {
  const getBytes: Source['getBytes'] = async (offset, length, signal) => {
    requireSmall(length);
    const { status, bytes } = await remote.fetch(
      { url, range: [offset, offset + length - 1], mostBytes: length },
      signal ?? new AbortController().signal,
    );
    if (status === 206) return { data: arrayBufferOf(bytes) };
    throw status === 404 || status === 410
      ? new AppError('not-found', `${url} does not exist. Check the address.`)
      : new AppError(
          'network',
          `${url} answered with status ${status} to a request for a part of it. Download the file and use the copy.`,
        );
  };
  return { source: { getKey: () => url, getBytes }, close: () => undefined };
}

/** A length that a crafted directory states is not believed. */
function requireSmall(length: number): void {
  if (length > mostTileBytes)
    throw new AppError('corrupt', `A part of ${length} bytes is more than a tile file holds.`);
}

const arrayBufferOf = (bytes: Uint8Array): ArrayBuffer =>
  bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;

async function decompress(packed: ArrayBuffer, how: Compression): Promise<ArrayBuffer> {
  const bytes = new Uint8Array(packed);
  if (how === Compression.None || how === Compression.Unknown) return packed;
  if (how === Compression.Gzip) return arrayBufferOf(await unpack(bytes, mostPartBytes));
  if (how !== Compression.Brotli)
    throw new AppError('unsupported', 'The tile file is compressed in a way that is not read.');
  return new Promise((unpacked, failed) => {
    brotliDecompress(bytes, { maxOutputLength: mostPartBytes }, (error, result) => {
      if (error === null) unpacked(arrayBufferOf(result));
      else failed(new AppError('corrupt', 'A compressed tile of the basemap is damaged.'));
    });
  });
}

/** What the reader of the format says is its own; ours passes. */
const asFormatError =
  (place: string) =>
  (error: unknown): never => {
    if (error instanceof AppError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError(
      'unknown-format',
      `${place} is no PMTiles file, or it is damaged (${reason}).`,
    );
  };
