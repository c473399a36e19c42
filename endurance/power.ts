import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { createRandom, type Random } from '../app/random.ts';
import { watchedDisk } from './disk.ts';
import { run } from './process.ts';
import { differences, type Report, undisturbed, type Work } from './work.ts';

export type PowerOptions = {
  readonly folder: string;
  /** States of the disk that are looked at. */
  readonly states: number;
  readonly seed: number;
  readonly tell?: (text: string) => void;
};

/** A change, as disk.c notes it when the system has taken it. */
type Operation =
  | {
      readonly kind: 'created' | 'unlinked' | 'made';
      readonly inode: number;
      readonly path: string;
    }
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'written';
      readonly inode: number;
      readonly offset: number;
      readonly data: Buffer;
    }
  | { readonly kind: 'truncated'; readonly inode: number; readonly offset: number }
  | { readonly kind: 'synced'; readonly inode: number }
  | { readonly kind: 'folder synced'; readonly path: string }
  | { readonly kind: 'said'; readonly text: string };

const kinds = [
  ...(['', 'created', 'written', 'truncated', 'renamed', 'unlinked'] as const),
  ...(['synced', 'folder synced', 'made', 'said'] as const),
];
/** What a disk writes whole. */
const sectorBytes = 4096;

/**
 * Cuts the power: a work is run once while every change of its files is noted; then disks are made as a loss of power between two
 * of the changes may leave them. What was synced before is there; of later writes any sectors are there, of later changes to a
 * folder any number of the first (the model of SQLite's crash tests, https://www.sqlite.org/testing.html, 3.3, and of ALICE, Pillai
 * et al., OSDI 2014). On each disk what has its name is whole, what was acknowledged is there, and the work goes on to its end.
 */
export async function cutPower(
  work: Work,
  { folder, states, seed, tell }: PowerOptions,
): Promise<Report> {
  const started = performance.now();
  mkdirSync(folder, { recursive: true });
  const disk = watchedDisk(folder);
  const place = join(folder, 'whole');
  const journal = join(folder, 'journal');
  const { inputs, whole } = await undisturbed(work, folder, disk(place, { journal }));
  const operations = readJournal(journal);
  const random = createRandom(seed, `endurance-power-${work.name}`);
  const after = join(folder, 'run');
  const faults: string[] = [];
  let finished = 0;
  for (let state = 0; state < states; state++) {
    const moment = random.integer(operations.length + 1);
    mkdirSync(after);
    const said = restore(operations.slice(0, moment), { from: place, to: after, random });
    const found = work.faults(after, said, whole);
    const end = await run(work.words(inputs, after));
    if (end.code !== 0) found.push(`cannot go on: ${end.complaint.slice(-500)}`);
    else {
      finished += 1;
      if (!isDeepStrictEqual(work.results(after), whole))
        found.push(`afterwards ${differences(whole, work.results(after))}`);
    }
    faults.push(...found.map((text) => `after operation ${moment}, state ${state}: ${text}`));
    tell?.(`${state + 1} of ${states} disks, ${faults.length} faults`);
    rmSync(after, { recursive: true, force: true });
  }
  const seconds = (performance.now() - started) / 1000;
  return { work: work.name, tried: states, finished, faults, seconds };
}

/** Records as disk.c lays them out: kind, length of the path, number of the file, position, length of the data; path; data. */
function readJournal(path: string): Operation[] {
  const bytes = readFileSync(path);
  const operations: Operation[] = [];
  // a system gives the number of a file that is gone to another one
  const files = new Map<number, number>();
  let known = 0;
  for (let at = 0; at < bytes.length; ) {
    const kind = kinds[bytes.readUInt32LE(at)]!;
    const pathLength = bytes.readUInt32LE(at + 4);
    const number = Number(bytes.readBigUInt64LE(at + 8));
    if (kind === 'created' || !files.has(number)) files.set(number, known++);
    const inode = files.get(number)!;
    const offset = Number(bytes.readBigInt64LE(at + 16));
    const size = Number(bytes.readBigInt64LE(at + 24));
    const words = bytes.toString('utf8', at + 32, at + 32 + pathLength);
    const data = bytes.subarray(at + 32 + pathLength, at + 32 + pathLength + size);
    at += 32 + pathLength + size;
    const [from = '', to = ''] = words.split('\0');
    if (kind === 'written') operations.push({ kind, inode, offset, data });
    else if (kind === 'truncated') operations.push({ kind, inode, offset });
    else if (kind === 'synced') operations.push({ kind, inode });
    else if (kind === 'renamed') operations.push({ kind, from, to });
    else if (kind === 'folder synced') operations.push({ kind, path: words });
    else if (kind === 'said') operations.push({ kind, text: data.toString() });
    else if (kind !== '') operations.push({ kind, inode, path: words });
  }
  return operations;
}

type Change = Extract<Operation, { readonly kind: 'written' | 'truncated' }>;
type Naming = Exclude<
  Operation,
  | Change
  | { readonly kind: 'synced' }
  | { readonly kind: 'folder synced' }
  | { readonly kind: 'said' }
>;

/** Makes one of the disks that these operations may have left. Gives what was said until then. */
function restore(
  operations: readonly Operation[],
  { from, to, random }: { readonly from: string; readonly to: string; readonly random: Random },
): string {
  const files = new Map<number, { durable: Change[]; pending: Change[] }>();
  const folders = new Map<string, { durable: Naming[]; pending: Naming[] }>();
  const fileOf = (inode: number) => entry(files, inode);
  const folderOf = (path: string) => entry(folders, dirname(path));
  let said = '';
  for (const operation of operations) {
    if (operation.kind === 'said') said += operation.text;
    else if (operation.kind === 'written' || operation.kind === 'truncated')
      fileOf(operation.inode).pending.push(operation);
    else if (operation.kind === 'synced') settle(fileOf(operation.inode));
    else if (operation.kind === 'folder synced') settle(entry(folders, operation.path));
    else
      folderOf(operation.kind === 'renamed' ? operation.to : operation.path).pending.push(
        operation,
      );
  }
  const names = new Map<string, number | 'folder'>();
  const done = new Set<Naming>();
  for (const { durable, pending } of folders.values()) {
    const some = pending.slice(0, random.integer(pending.length + 1));
    for (const naming of [...durable, ...some]) done.add(naming);
  }
  for (const operation of operations)
    if (done.has(operation as Naming)) rename(names, operation as Naming);
  for (const [path, inode] of names) {
    const target = join(to, path.slice(from.length));
    mkdirSync(inode === 'folder' ? target : dirname(target), { recursive: true });
    if (inode === 'folder') continue;
    const { durable, pending } = fileOf(inode);
    writeFile(target, durable, pending, random);
  }
  return said;
}

function entry<Key, Kind>(
  map: Map<Key, { durable: Kind[]; pending: Kind[] }>,
  key: Key,
): { durable: Kind[]; pending: Kind[] } {
  const found = map.get(key) ?? { durable: [], pending: [] };
  map.set(key, found);
  return found;
}

function settle<Kind>(changes: { durable: Kind[]; pending: Kind[] }): void {
  changes.durable.push(...changes.pending);
  changes.pending = [];
}

function rename(names: Map<string, number | 'folder'>, naming: Naming): void {
  if (naming.kind === 'renamed') {
    const inode = names.get(naming.from);
    names.delete(naming.from);
    if (inode !== undefined) names.set(naming.to, inode);
  } else if (naming.kind === 'unlinked') names.delete(naming.path);
  else names.set(naming.path, naming.kind === 'made' ? 'folder' : naming.inode);
}

/** A file with all that was synced and some sectors of the rest; its length is one that it had. */
function writeFile(
  path: string,
  durable: readonly Change[],
  pending: readonly Change[],
  random: Random,
): void {
  writeFileSync(path, '');
  const file = openSync(path, 'r+');
  const apply = (change: Change): void => {
    if (change.kind === 'truncated') ftruncateSync(file, change.offset);
    else writeSync(file, change.data, 0, change.data.length, change.offset);
  };
  try {
    durable.forEach(apply);
    // all, none, or each sector by chance
    const chance = [0, 1, random.uniform()][random.integer(3)]!;
    for (const change of pending)
      for (const part of sectorsOf(change)) if (random.uniform() < chance) apply(part);
  } finally {
    closeSync(file);
  }
}

function sectorsOf(change: Change): Change[] {
  if (change.kind === 'truncated') return [change];
  const parts: Change[] = [];
  for (let at = 0; at < change.data.length; ) {
    const position = change.offset + at;
    const length = Math.min(change.data.length - at, sectorBytes - (position % sectorBytes));
    parts.push({ ...change, offset: position, data: change.data.subarray(at, at + length) });
    at += length;
  }
  return parts;
}
