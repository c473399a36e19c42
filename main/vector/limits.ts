import { type FileHandle, open } from 'node:fs/promises';
import { AppError } from '../../app/error.ts';

/** Bounds of what a vector file may hold: far above any set of ROIs, far below what exhausts memory. */
export const limits = {
  textBytes: 256 * 2 ** 20,
  fileBytes: 2 * 2 ** 30,
  features: 1_000_000,
  vertices: 20_000_000,
  fields: 256,
  /** Characters kept of a field value: class names are shorter. */
  valueLength: 500,
} as const;

/** Counts what a reader takes in and refuses what is over the limits. */
export class Budget {
  readonly #uri: string;
  readonly #signal: AbortSignal | undefined;
  #features = 0;
  #vertices = 0;

  constructor(uri: string, signal?: AbortSignal) {
    this.#uri = uri;
    this.#signal = signal;
  }

  /** @throws AppError `too-large`, `cancelled` */
  feature(): void {
    if (this.#signal?.aborted === true)
      throw new AppError('cancelled', `Reading ${this.#uri} was cancelled.`, { uri: this.#uri });
    if (++this.#features > limits.features)
      throw tooLarge(this.#uri, 'objects', this.#features, limits.features);
  }

  /** @throws AppError `too-large` */
  vertices(count: number): void {
    this.#vertices += count;
    if (this.#vertices > limits.vertices)
      throw tooLarge(this.#uri, 'vertices', this.#vertices, limits.vertices);
  }
}

export function tooLarge(uri: string, what: string, found: number, limit: number): AppError {
  return new AppError(
    'too-large',
    `${uri} has ${found.toLocaleString('en')} ${what} or more; ${limit.toLocaleString('en')} are possible. Keep only the ROIs of this scene in the file.`,
    { uri, what, found, limit },
  );
}

/** A vector file that contradicts itself or ends too soon. */
export function corrupt(uri: string, what: string): AppError {
  return new AppError(
    'corrupt',
    `${uri} is damaged: ${what}. Export it again from the program that made it.`,
    { uri },
  );
}

/**
 * All bytes of a file.
 * @throws AppError `not-found`, `not-readable`, `too-large`
 */
export async function readBounded(path: string, limit: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const { size } = await handle.stat();
    if (size > limit) throw tooLarge(path, 'bytes', size, limit);
    return await handle.readFile();
  } catch (error) {
    throw readError(error, path);
  } finally {
    await handle?.close();
  }
}

/** A failed read as the user should see it; an `AppError` passes unchanged. */
export function readError(error: unknown, path: string): AppError {
  if (error instanceof AppError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new AppError('not-found', `There is no file ${path}. Check its name.`, { path });
  if (code === 'EISDIR')
    return new AppError('unknown-format', `${path} is a folder; name the file with the ROIs.`, {
      path,
    });
  return new AppError(
    'not-readable',
    `${path} cannot be read (${code}). Check its permissions and that no other program locks it.`,
    { path, system: code },
  );
}
