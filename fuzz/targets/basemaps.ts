import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync } from 'node:zlib';
import type { Random } from '../../app/random.ts';
import { openMbtiles } from '../../main/services/desk/basemaps/mbtiles.ts';
import { openPmtiles } from '../../main/services/desk/basemaps/pmtiles.ts';
import type { Remote } from '../../main/services/desk/basemaps/remote.ts';
import type { OpenBasemap } from '../../main/services/desk/basemaps/source.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { mutateJson } from '../mutate/json.ts';
import type { Target } from '../target.ts';

export const fixture = (name: string): Buffer =>
  readFileSync(join(import.meta.dirname, '../../main/services/desk/testing/basemaps', name));

/** Nothing of a file is on a server. */
const offline: Remote = {
  fetch: () => Promise.reject(new Error('A file asked for the network.')),
  allow: () => Promise.reject(new Error('A file asked for a host.')),
  isAllowed: () => Promise.resolve(false),
  close: () => undefined,
};

/** What the window asks of a basemap: its description, and tiles at the corners of every level. */
async function look(open: OpenBasemap, path: string): Promise<void> {
  const signal = new AbortController().signal;
  const source = await open(path, offline, signal);
  try {
    for (const [level, { size }] of source.description.levels.entries()) {
      const [columns, rows] = size;
      for (const [column, row] of [
        [0, 0],
        [columns - 1, rows - 1],
        [columns >> 1, rows >> 1],
      ] as const) {
        const tile = await source.tile(level, column, row, signal);
        if (tile !== undefined && typeof tile.type !== 'string')
          throw new Error('A tile has a type that is no text.');
      }
    }
  } finally {
    source.close();
  }
}

/** Places in the header of PMTiles 3 (specification, section 3): offset and length of each part, then how parts are packed. */
const metadataAt = 24;
const parts = [8, metadataAt, 40, 56] as const;
const [headerBytes, packedAt] = [127, 97];

/** The same archive with directories and metadata as they are: damage to what is packed would be refused at once. */
export function unpackedArchive(archive: Buffer): Buffer {
  const header = Buffer.from(archive.subarray(0, headerBytes));
  header[packedAt] = 1;
  let at = headerBytes;
  const bodies = parts.map((place, i) => {
    const [from, length] = [0, 8].map((more) => Number(archive.readBigUInt64LE(place + more)));
    const packed = archive.subarray(from, from! + length!);
    const body = i < 2 ? gunzipSync(packed) : packed;
    header.writeBigUInt64LE(BigInt(at), place);
    header.writeBigUInt64LE(BigInt(body.length), place + 8);
    at += body.length;
    return body;
  });
  return Buffer.concat([header, ...bodies]);
}

/** Header and directories decide where everything is read. */
function damagedStart(archive: Buffer, random: Random): Buffer {
  const start = archive.subarray(0, Math.min(archive.length, 256));
  return Buffer.concat([flipBytes(start, random, 4), archive.subarray(start.length)]);
}

/** An unpacked archive with other metadata, behind all else. */
export function withMetadata(archive: Buffer, metadata: string | Buffer): Buffer {
  const result = Buffer.concat([archive, Buffer.from(metadata)]);
  result.writeBigUInt64LE(BigInt(archive.length), metadataAt);
  result.writeBigUInt64LE(BigInt(result.length - archive.length), metadataAt + 8);
  return result;
}

function metadataOf(archive: Buffer): unknown {
  const [from, length] = [0, 8].map((more) => Number(archive.readBigUInt64LE(metadataAt + more)));
  return JSON.parse(archive.subarray(from, from! + length!).toString());
}

/** Tiles in one file with directories, pictures and areas. */
export const pmtiles: Target = {
  name: 'pmtiles',
  group: 'basemaps',
  counts: { short: 400, usual: 50_000, long: 500_000 },
  open: async () => {
    const packed = ['world.pmtiles', 'areas.pmtiles'].map(fixture);
    const seeds = [...packed, ...packed.map(unpackedArchive)];
    const unpacked = seeds.slice(packed.length);
    const kinds: readonly ((random: Random) => Buffer)[] = [
      (random) => mutateBytes(pick(seeds, random), random),
      (random) => flipBytes(pick(seeds, random), random),
      (random) => damagedStart(pick(unpacked, random), random),
      (random) => {
        const archive = pick(unpacked, random);
        return withMetadata(archive, mutateJson(metadataOf(archive), random));
      },
    ];
    return {
      wellFormed: seeds.map((bytes, i) => ({
        seed: `archive ${i}`,
        files: { 'case.pmtiles': bytes },
      })),
      make: (random, index) => {
        const kind = index % kinds.length;
        return { seed: `kind ${kind}`, files: { 'case.pmtiles': kinds[kind]!(random) } };
      },
      read: (folder) => look(openPmtiles, join(folder, 'case.pmtiles')),
    };
  },
};

const statements = [
  'DELETE FROM tiles',
  'UPDATE tiles SET tile_data = NULL',
  "UPDATE tiles SET tile_data = 'text'",
  "UPDATE tiles SET tile_data = x'1f8b0800'",
  'UPDATE tiles SET tile_data = zeroblob(20000000) WHERE zoom_level = 0',
  "UPDATE tiles SET zoom_level = 'a'",
  'UPDATE tiles SET zoom_level = zoom_level + 20',
  'UPDATE tiles SET zoom_level = 9223372036854775807',
  'UPDATE tiles SET zoom_level = -1',
  'UPDATE tiles SET zoom_level = 0.5',
  'DROP TABLE metadata',
  'DELETE FROM metadata',
  "UPDATE metadata SET value = 'nan,1e999,-1,x' WHERE name = 'bounds'",
  "UPDATE metadata SET value = '0,0,0,0' WHERE name = 'bounds'",
  "UPDATE metadata SET value = '__proto__' WHERE name = 'format'",
  "UPDATE metadata SET value = 'pbf' WHERE name = 'format'",
  "INSERT INTO metadata VALUES ('attribution', '<b>&#999999;&#0;' || hex(zeroblob(100000)))",
  'ALTER TABLE metadata RENAME COLUMN value TO other',
] as const;

function rewritten(whole: Buffer, path: string, random: Random): Buffer {
  writeFileSync(path, whole);
  const database = new DatabaseSync(path);
  try {
    for (let times = 1 + random.integer(2); times > 0; times--) {
      try {
        database.exec(pick(statements, random));
      } catch {
        // The statement before took away what this one is about.
      }
    }
  } finally {
    database.close();
  }
  return readFileSync(path);
}

/** Tiles in an SQLite file. */
export const mbtiles: Target = {
  name: 'mbtiles',
  group: 'basemaps',
  counts: { short: 400, usual: 50_000, long: 500_000 },
  open: async (folder) => {
    const whole = fixture('world.mbtiles');
    const scratch = join(folder, 'scratch.mbtiles');
    const kinds: readonly ((random: Random) => Buffer)[] = [
      (random) => mutateBytes(whole, random),
      (random) => flipBytes(whole, random, 3),
      (random) => rewritten(whole, scratch, random),
    ];
    return {
      wellFormed: [{ seed: 'world', files: { 'case.mbtiles': whole } }],
      make: (random, index) => {
        const kind = index % kinds.length;
        return { seed: `kind ${kind}`, files: { 'case.mbtiles': kinds[kind]!(random) } };
      },
      read: (place) => look(openMbtiles, join(place, 'case.mbtiles')),
    };
  },
};
