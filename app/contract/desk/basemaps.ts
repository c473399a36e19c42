import { z } from 'zod';
import { call } from '../call.ts';

const finite = z.number();
const count = z.int().nonnegative();

/** Address of a basemap as its layer has it: `xyz:…`, `wmts:…#layer`, `pmtiles:…` or `mbtiles:…`. */
const address = z.string().min(1).max(4096);

/** One zoom level: a grid of tiles with its origin at the upper left. */
const level = z.object({
  /** Map units a pixel. */
  resolution: finite.positive(),
  origin: z.tuple([finite, finite]),
  /** Pixels. */
  tileSize: z.tuple([count.positive(), count.positive()]),
  /** Columns and rows of tiles. */
  size: z.tuple([count.positive(), count.positive()]),
});

/** What the map needs to know of a basemap. */
export const basemapInfo = z.object({
  /** Names it in tile addresses (app/contract/basemapAddress.ts). */
  basemap: z.string().regex(/^[0-9a-f]{16}$/),
  crs: z.string(),
  /** The same as a PROJ string. */
  proj4: z.string(),
  /** Coarsest first; a tile address counts them from 0. */
  levels: z.array(level).min(1).max(64),
  /** minX, minY, maxX, maxY in map units, where it does not cover its whole grid. */
  bounds: z.tuple([finite, finite, finite, finite]).optional(),
  /** Tiles are pictures, or Mapbox vector tiles that the window draws. */
  content: z.enum(['image', 'vector']),
  /** What the map has to show beside it, as plain text; empty where its source says nothing. */
  attribution: z.string(),
});

export type BasemapInfo = z.infer<typeof basemapInfo>;
export type BasemapLevel = BasemapInfo['levels'][number];

export const basemapCalls = {
  'basemap.open': call(
    'opens a basemap that a layer of the open project names; from the network only where the user allowed its host before',
    z.strictObject({ uri: address }),
    z.object({
      info: basemapInfo.optional(),
      /** In place of `info`: the host that has to be allowed first (`basemap.allow`). Nothing was asked of it. */
      ask: z.string().optional(),
    }),
  ),
  'basemap.allow': call(
    'remembers, in this installation, that tiles may be fetched from the host of an address',
    z.strictObject({
      uri: address,
      /** Another host that the basemap fetches from, as `basemap.open` asked for it. */
      host: z.string().max(300).optional(),
      /**
       * The user wrote the address in this window, rather than a project file bringing it. Only then may it lie in a private
       * network or on this machine.
       */
      typed: z.boolean(),
    }),
    /** Absent where the basemap is a file. */
    z.object({ host: z.string().optional() }),
  ),
} as const;
