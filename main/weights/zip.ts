// The directory of a zip archive (PKWARE APPNOTE 6.3.10), as far as checkpoints need it: stored or deflated records, zip64.
import type { ByteSource } from './byteSource.ts';
import type { StoredBytes } from './container.ts';
import { limits, mostBytes } from './limits.ts';
import type { Refuse } from './refusal.ts';

const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator64: 0x07064b50,
};
const endLength = 22;
const longestComment = 65_535;
/** Stands for "see the zip64 field". */
const elsewhere = 0xffffffff;

type Directory = { readonly entries: number; readonly position: number; readonly bytes: number };

type CentralEntry = StoredBytes & { readonly name: string; readonly header: number };

/**
 * All records by name. Sizes come from the central directory: PyTorch leaves those of local headers empty.
 * @throws AppError `bad-weights` for damaged, encrypted, overlapping or vastly compressed records
 */
export async function readZipDirectory(
  source: ByteSource,
  refuse: Refuse,
): Promise<ReadonlyMap<string, StoredBytes>> {
  const directory = await findDirectory(source, refuse);
  const { position, bytes, entries } = directory;
  if (entries > limits.entries) throw refuse(`its archive has ${entries} records`);
  if (bytes > limits.pickleBytes) throw refuse(`the directory of its archive takes ${bytes} bytes`);
  const view = Buffer.from((await source.read(position, bytes)).buffer);
  const central: CentralEntry[] = [];
  let at = 0;
  for (let i = 0; i < entries; i++) {
    const { entry, next } = centralEntry(view, at, refuse);
    central.push(entry);
    at = next;
  }
  checkSizes(central, source.bytes, refuse);
  return locate(source, central, position, refuse);
}

async function findDirectory(source: ByteSource, refuse: Refuse): Promise<Directory> {
  const length = Math.min(source.bytes, endLength + longestComment);
  const from = source.bytes - length;
  const tail = Buffer.from((await source.read(from, length)).buffer);
  for (let at = length - endLength; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== signatures.end) continue;
    if (at + endLength + tail.readUInt16LE(at + 20) !== length) continue;
    const directory = {
      entries: tail.readUInt16LE(at + 10),
      bytes: tail.readUInt32LE(at + 12),
      position: tail.readUInt32LE(at + 16),
    };
    const needs64 =
      directory.entries === 0xffff ||
      directory.bytes === elsewhere ||
      directory.position === elsewhere;
    return needs64 ? directory64(source, from + at, refuse) : directory;
  }
  throw refuse('the directory at the end of its archive is missing, so it is cut off');
}

async function directory64(source: ByteSource, end: number, refuse: Refuse): Promise<Directory> {
  if (end < 20 + 56) throw refuse('the directory of its archive is damaged');
  const locator = Buffer.from((await source.read(end - 20, 20)).buffer);
  if (locator.readUInt32LE(0) !== signatures.locator64)
    throw refuse('the directory of its archive is damaged');
  const at = large(locator, 8, refuse);
  const record = Buffer.from((await source.read(at, 56)).buffer);
  if (record.readUInt32LE(0) !== signatures.end64)
    throw refuse('the directory of its archive is damaged');
  return {
    entries: large(record, 32, refuse),
    bytes: large(record, 40, refuse),
    position: large(record, 48, refuse),
  };
}

function centralEntry(
  view: Buffer,
  at: number,
  refuse: Refuse,
): { readonly entry: CentralEntry; readonly next: number } {
  if (at + 46 > view.length || view.readUInt32LE(at) !== signatures.central)
    throw refuse('the directory of its archive is damaged');
  const nameLength = view.readUInt16LE(at + 28);
  const extraLength = view.readUInt16LE(at + 30);
  const extraAt = at + 46 + nameLength;
  const next = extraAt + extraLength + view.readUInt16LE(at + 32);
  if (next > view.length) throw refuse('the directory of its archive is damaged');
  const name = view.toString('utf8', at + 46, extraAt);
  if (nameLength > limits.nameLength) throw refuse('its archive has an endless name');
  const method = view.readUInt16LE(at + 10);
  if ((view.readUInt16LE(at + 8) & 1) !== 0) throw refuse(`"${name}" in its archive is encrypted`);
  if (method !== 0 && method !== 8)
    throw refuse(
      `"${name}" in its archive is packed by method ${method}`,
      'Save it again by torch.save.',
    );
  const wide = zip64Sizes(view, at, { extraAt, extraLength }, refuse);
  if (method === 0 && wide.packed !== wide.bytes)
    throw refuse(`"${name}" in its archive has two different sizes`);
  const checksum = view.readUInt32LE(at + 16);
  const entry = {
    name,
    header: wide.header,
    position: 0,
    bytes: wide.bytes,
    ...(method === 8 && { deflated: wide.packed }),
    // PyTorch can be told not to compute it, and writes 0.
    ...(checksum !== 0 && { checksum }),
  };
  return { entry, next };
}

/** The three numbers that move to an extra field when they are too large, in this order. */
function zip64Sizes(
  view: Buffer,
  at: number,
  { extraAt, extraLength }: { readonly extraAt: number; readonly extraLength: number },
  refuse: Refuse,
): { readonly bytes: number; readonly packed: number; readonly header: number } {
  const fields = {
    bytes: view.readUInt32LE(at + 24),
    packed: view.readUInt32LE(at + 20),
    header: view.readUInt32LE(at + 42),
  };
  if (!Object.values(fields).includes(elsewhere)) return fields;
  const end = extraAt + extraLength;
  let field = extraAt;
  while (field + 4 <= end && view.readUInt16LE(field) !== 1)
    field += 4 + view.readUInt16LE(field + 2);
  let from = field + 4;
  const take = (value: number): number => {
    if (value !== elsewhere) return value;
    if (from + 8 > end) throw refuse('the directory of its archive is damaged');
    from += 8;
    return large(view, from - 8, refuse);
  };
  return { bytes: take(fields.bytes), packed: take(fields.packed), header: take(fields.header) };
}

function large(view: Buffer, at: number, refuse: Refuse): number {
  const value = Number(view.readBigUInt64LE(at));
  if (!Number.isSafeInteger(value)) throw refuse('its archive has an absurd size');
  return value;
}

function checkSizes(entries: readonly CentralEntry[], fileBytes: number, refuse: Refuse): void {
  const unpacked = entries.reduce((sum, { bytes }) => sum + bytes, 0);
  if (unpacked > mostBytes(fileBytes))
    throw refuse(
      `its ${fileBytes} bytes unpack to ${unpacked}, at most ${mostBytes(fileBytes)} are read`,
      'Where you trust it, save it again by torch.save, which does not compress.',
    );
}

/** Positions of the data, from the local headers; no two records may share a byte. */
async function locate(
  source: ByteSource,
  entries: readonly CentralEntry[],
  end: number,
  refuse: Refuse,
): Promise<ReadonlyMap<string, StoredBytes>> {
  const located = new Map<string, StoredBytes>();
  const inOrder = [...entries].sort((a, b) => a.header - b.header);
  let free = 0;
  for (const { name, header, ...stored } of inOrder) {
    if (header < free || located.has(name))
      throw refuse(`records of its archive overlap at "${name}"`);
    const position = await dataPosition(source, name, header, refuse);
    free = position + (stored.deflated ?? stored.bytes);
    if (free > end) throw refuse(`"${name}" in its archive is cut off`);
    located.set(name, { ...stored, position });
  }
  return located;
}

async function dataPosition(
  source: ByteSource,
  name: string,
  header: number,
  refuse: Refuse,
): Promise<number> {
  const nameBytes = Buffer.byteLength(name);
  const local = Buffer.from((await source.read(header, 30 + nameBytes)).buffer);
  const sameName = local.toString('utf8', 30, 30 + nameBytes) === name;
  if (
    local.readUInt32LE(0) !== signatures.local ||
    local.readUInt16LE(26) !== nameBytes ||
    !sameName
  )
    throw refuse(`"${name}" in its archive is not where its directory says`);
  return header + 30 + nameBytes + local.readUInt16LE(28);
}
