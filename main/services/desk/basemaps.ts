import { createHash } from 'node:crypto';
import type { BasemapAddress } from '../../../app/contract/basemapAddress.ts';
import { uri as uriSchema } from '../../../app/contract/common.ts';
import type { basemapCalls } from '../../../app/contract/desk/basemaps.ts';
import type { DeskHandlers, DeskOutput } from '../../../app/contract/deskApi.ts';
import { AppError } from '../../../app/error.ts';
import type { ProjectFile } from '../../store/projectFile.ts';
import { parseCrs } from '../../vector/crs.ts';
import { hostOf, isRemote, parseBasemap } from './basemaps/address.ts';
import { AllowedHosts } from './basemaps/allowedHosts.ts';
import { openMbtiles } from './basemaps/mbtiles.ts';
import { openPmtiles } from './basemaps/pmtiles.ts';
import { createRemote, type Remote, type ResolveName } from './basemaps/remote.ts';
import type { BasemapSource, BasemapTile, OpenBasemap } from './basemaps/source.ts';
import { TileCache } from './basemaps/tileCache.ts';
import { openWmts } from './basemaps/wmts.ts';
import { openXyz } from './basemaps/xyz.ts';
import type { Confine } from './confine.ts';

export type Basemaps = {
  readonly handlers: Pick<DeskHandlers, keyof typeof basemapCalls>;
  /** Undefined where the basemap has no such tile. @throws AppError */
  tile(address: BasemapAddress, signal: AbortSignal): Promise<BasemapTile | undefined>;
  dispose(): void;
};

const openers: Readonly<Record<ReturnType<typeof parseBasemap>['kind'], OpenBasemap>> = {
  xyz: openXyz,
  wmts: openWmts,
  pmtiles: openPmtiles,
  mbtiles: openMbtiles,
};

const cacheBytes = 64 * 2 ** 20;

type BasemapOptions = {
  readonly dataFolder: string;
  /** The open project. */
  readonly store: { file(): Promise<Pick<ProjectFile, 'layers'>> };
  /** Finds the addresses of a host name; the system's way where absent. */
  readonly resolveName?: ResolveName;
  /** What files a basemap may be. */
  readonly confine?: Confine | undefined;
};

/**
 * Basemaps of the open project. The window has no way to the network: what it shows is fetched here, only from addresses
 * that are layers of the open project, and only from hosts that the user allowed in this installation: a project file of
 * somebody else asks nobody for anything.
 */
export function createBasemaps(options: BasemapOptions): Basemaps {
  const { dataFolder, store, resolveName, confine } = options;
  const remote = createRemote(new AllowedHosts(dataFolder), resolveName);
  const sources = createSources(remote);
  const cache = new TileCache(cacheBytes);

  const requireLayer = async (uri: string): Promise<void> => {
    const layers = (await store.file()).layers();
    if (layers.some((row) => row.kind === 'basemap' && row.uri === uri)) return;
    throw new AppError(
      'not-found',
      'No layer of the open project has this basemap. Add it with "Add basemap…".',
      { uri },
    );
  };
  const open = async (uri: string): Promise<DeskOutput<'basemap.open'>> => {
    await requireLayer(uri);
    await confine?.(uriSchema, fileOf(uri));
    const basemap = createHash('sha256').update(uri).digest('hex').slice(0, 16);
    try {
      const { description } = await sources.open(basemap, uri);
      return { info: { ...description, basemap, proj4: parseCrs(description.crs).definition } };
    } catch (error) {
      const ask = error instanceof AppError ? error.details['ask'] : undefined;
      if (typeof ask === 'string') return { ask };
      throw error;
    }
  };
  const tile: Basemaps['tile'] = async ({ basemap, z, x, y }, signal) => {
    const entry = sources.get(basemap);
    if (entry === undefined)
      throw new AppError('not-found', `No basemap ${basemap} is open. Show its layer again.`);
    await requireLayer(entry.uri);
    const source = await entry.source;
    const [columns, rows] = source.description.levels[z]?.size ?? [0, 0];
    if (x >= columns || y >= rows) return undefined;
    const key = `${basemap}/${z}/${x}/${y}`;
    const known = cache.get(key);
    if (known !== undefined) return known;
    const found = await source.tile(z, x, y, signal);
    if (found !== undefined) cache.set(key, found);
    return found;
  };
  return {
    handlers: {
      'basemap.open': ({ uri }) => open(uri),
      'basemap.allow': async ({ uri, host: named, typed }) => {
        const host = named ?? hostOf(parseBasemap(uri).place);
        if (host === undefined) return {};
        await remote.allow(host, typed);
        return { host };
      },
    },
    tile,
    dispose: () => {
      sources.close();
      remote.close();
    },
  };
}

/** The file of a basemap that is one; of the others nothing. */
function fileOf(uri: string): string | undefined {
  const { place } = parseBasemap(uri);
  return isRemote(place) ? undefined : place;
}

type Opened = { readonly uri: string; readonly source: Promise<BasemapSource> };

/** Basemaps that are open: each once, however many windows ask for it. What could not be opened is tried anew. */
function createSources(remote: Remote) {
  const opened = new Map<string, Opened>();
  const ended = new AbortController();

  const start = async (uri: string): Promise<BasemapSource> => {
    const { kind, place } = parseBasemap(uri);
    const host = hostOf(place);
    if (host !== undefined && !(await remote.isAllowed(host)))
      throw new AppError('not-readable', `${host} is not allowed.`, { ask: host });
    return openers[kind](place, remote, ended.signal);
  };
  return {
    get: (basemap: string): Opened | undefined => opened.get(basemap),
    open: (basemap: string, uri: string): Promise<BasemapSource> => {
      const known = opened.get(basemap);
      if (known !== undefined) return known.source;
      const source = start(uri);
      opened.set(basemap, { uri, source });
      source.catch(() => opened.delete(basemap));
      return source;
    },
    close: (): void => {
      ended.abort();
      for (const { source } of opened.values())
        source.then(
          (one) => one.close(),
          () => undefined,
        );
      opened.clear();
    },
  };
}
