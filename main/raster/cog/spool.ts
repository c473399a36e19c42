import { type FileHandle, open, rm } from 'node:fs/promises';

/** Where some bytes lie in a spool. */
export type Stretch = { readonly offset: number; readonly length: number };

/** A scratch file that only grows: bytes go in once and are read back by position. */
export class Spool {
  readonly #handle: FileHandle;
  /** Removed at the end; undefined where the file has no name any more. */
  readonly #path: string | undefined;
  #end: number;

  private constructor(handle: FileHandle, path: string | undefined, end: number) {
    this.#handle = handle;
    this.#path = path;
    this.#end = end;
  }

  /** A spool that no killed process can leave behind: its name is removed at once where the system permits that. */
  static async createNameless(path: string): Promise<Spool> {
    const handle = await open(path, 'wx+');
    const named = await rm(path).then(
      () => false,
      () => true,
    );
    return new Spool(handle, named ? path : undefined, 0);
  }

  /** The spool of that name, grown on from `end`; made where it is absent. */
  static async open(path: string, end: number): Promise<Spool> {
    await (await open(path, 'a')).close();
    const handle = await open(path, 'r+');
    await handle.truncate(end);
    return new Spool(handle, path, end);
  }

  get length(): number {
    return this.#end;
  }

  /** Adds bytes. Several may be on their way at once; each has its own place. */
  async append(bytes: Uint8Array): Promise<Stretch> {
    const stretch = { offset: this.#end, length: bytes.length };
    this.#end += bytes.length;
    await writeAll(this.#handle, bytes, stretch.offset);
    return stretch;
  }

  async read(stretch: Stretch): Promise<Uint8Array> {
    return readAll(this.#handle, stretch);
  }

  /** Fills `bytes` from a position on. */
  async readInto(bytes: Uint8Array, offset: number): Promise<void> {
    await fill(this.#handle, bytes, offset);
  }

  /** What was appended before outlives a loss of power. */
  async sync(): Promise<void> {
    await this.#handle.datasync();
  }

  /** @param keep leaves the file for a later run */
  async close(keep = false): Promise<void> {
    await this.#handle.close();
    if (this.#path !== undefined && !keep) await rm(this.#path, { force: true });
  }
}

/** Writes every byte at a position: one call may write less than it was given, above all on a disk that runs full. */
export async function writeAll(
  handle: FileHandle,
  bytes: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** Reads a stretch whole. @throws Error where the file ends before it */
export async function readAll(handle: FileHandle, stretch: Stretch): Promise<Uint8Array> {
  const bytes = new Uint8Array(stretch.length);
  await fill(handle, bytes, stretch.offset);
  return bytes;
}

async function fill(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await handle.read(bytes, done, bytes.length - done, offset + done);
    if (bytesRead === 0) throw new Error('a scratch file is shorter than what was written to it');
    done += bytesRead;
  }
}
