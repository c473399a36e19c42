import { createHash } from 'node:crypto';
import { type FileHandle, open, readdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Window } from '../../../app/raster/grid.ts';
import { readAll, type Stretch, writeAll } from './spool.ts';
import type { Totals } from './totals.ts';

/** A finished tile of the full resolution in the spool. */
export type TileRecord = Stretch & {
  readonly band: number;
  readonly index: number;
  readonly crc: number;
  readonly totals: Totals;
};

/** Raw samples of a part of an unfinished tile in the spool; `rect` counts from the tile's corner. */
export type PartRecord = Stretch & {
  readonly band: number;
  readonly index: number;
  readonly crc: number;
  readonly rect: Window;
};

type JournalRecord =
  | ({ readonly kind: 'tile' } & TileRecord)
  | ({ readonly kind: 'part' } & PartRecord);

/** What an earlier run left that can be trusted. */
export type Earlier = {
  readonly tiles: readonly TileRecord[];
  readonly parts: readonly PartRecord[];
  /** Where the spool may be continued. */
  readonly end: number;
};

/** Names of the two files of an unfinished run, beside its output. */
export type ResumeFiles = { readonly spool: string; readonly journal: string };

/**
 * The files of the run `key` (which must name everything that the pixels depend on) with `layout` (which names the form of
 * the file): another key or layout never continues from them.
 */
export function resumeFiles(path: string, key: string, layout: string): ResumeFiles {
  const tag = createHash('sha256').update(`1\n${key}\n${layout}`).digest('hex').slice(0, 16);
  return { spool: `${path}.part-${tag}.spool`, journal: `${path}.part-${tag}.journal` };
}

/** Removes unfinished runs of the same output, all but those named. */
export async function removeUnfinished(path: string, except?: ResumeFiles): Promise<void> {
  const folder = dirname(path);
  const prefix = `${basename(path)}.part-`;
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const rest = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    const whole = join(folder, name);
    if (!/^[0-9a-f]{16}\.(spool|journal)$/.test(rest)) continue;
    if (except !== undefined && [except.spool, except.journal].includes(join(folder, name)))
      continue;
    await rm(whole, { force: true });
  }
}

/** Reads what an earlier run left: every record and every stretch is checked, the first bad record ends the journal. */
export async function readEarlier(files: ResumeFiles): Promise<Earlier & { lines: string }> {
  const nothing = { tiles: [], parts: [], end: 0, lines: '' };
  const text = await readFile(files.journal, 'utf8').catch(() => undefined);
  const spool = await open(files.spool, 'r').catch(() => undefined);
  if (text === undefined || spool === undefined) {
    await spool?.close();
    return nothing;
  }
  try {
    return await trusted(text, spool);
  } finally {
    await spool.close();
  }
}

async function trusted(text: string, spool: FileHandle): Promise<Earlier & { lines: string }> {
  const tiles: TileRecord[] = [];
  const parts: PartRecord[] = [];
  let end = 0;
  let lines = '';
  for (const line of text.split('\n')) {
    const record = parseLine(line);
    if (record === undefined || !(await holds(spool, record))) break;
    end = Math.max(end, record.offset + record.length);
    lines += `${line}\n`;
    if (record.kind === 'tile') tiles.push(record);
    else parts.push(record);
  }
  return { tiles, parts, end, lines };
}

function parseLine(line: string): JournalRecord | undefined {
  const json = line.slice(9);
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined;
  // the checksum says that we wrote this line ourselves
  return JSON.parse(json) as JournalRecord;
}

async function holds(spool: FileHandle, record: JournalRecord): Promise<boolean> {
  const bytes = await readAll(spool, record).catch(() => undefined);
  return bytes !== undefined && crc32(bytes) === record.crc;
}

const checksum = (text: string): string => crc32(text).toString(16).padStart(8, '0');

/**
 * The list of what is safely in the spool: one line a record with its checksum. Every record carries the checksum of its
 * bytes too, so the order in which the disk takes them does not matter: a killed process loses nothing, and a loss of
 * power at most what came after the last `sync`.
 */
export class Journal {
  readonly #handle: FileHandle;
  readonly #path: string;
  #end: number;

  private constructor(handle: FileHandle, path: string, end: number) {
    this.#handle = handle;
    this.#path = path;
    this.#end = end;
  }

  /** Opens the journal and cuts it back to `lines`, its part that can be trusted; made where it is absent. */
  static async open(path: string, lines: string): Promise<Journal> {
    await (await open(path, 'a')).close();
    const handle = await open(path, 'r+');
    await handle.truncate(lines.length);
    return new Journal(handle, path, lines.length);
  }

  async append(record: JournalRecord): Promise<void> {
    const json = JSON.stringify(record);
    const bytes = new TextEncoder().encode(`${checksum(json)} ${json}\n`);
    const position = this.#end;
    this.#end += bytes.length;
    await writeAll(this.#handle, bytes, position);
  }

  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  async close(keep = false): Promise<void> {
    await this.#handle.close();
    if (!keep) await rm(this.#path, { force: true });
  }
}
