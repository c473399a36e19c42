import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, type stat } from 'node:fs/promises';

/** Up to here a file is read in one piece: the buffers of a stream cost more than it. */
const smallBytes = 2 ** 20;

/** SHA-256 of a file, in hexadecimal. @throws what the system says; `AbortError` */
export async function hashFile(
  path: string,
  { size, signal }: { readonly size?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const hash = createHash('sha256');
  const options = signal === undefined ? {} : { signal };
  if (size !== undefined && size <= smallBytes) hash.update(await readFile(path, options));
  else
    for await (const chunk of createReadStream(path, { highWaterMark: smallBytes, ...options }))
      hash.update(chunk as Buffer);
  return hash.digest('hex');
}

type Stats = Awaited<ReturnType<typeof stat>>;

/** Files whose hash is remembered: the model of a process that maps scene after scene. */
const mostKnown = 16;
const known = new Map<string, string>();

/** The same, remembered while the file stays as it is by its number, size and times. */
export async function hashOfKnown(
  path: string,
  status: Stats,
  signal: AbortSignal,
): Promise<string> {
  const { dev, ino, size, mtimeMs, ctimeMs } = status;
  const key = [path, dev, ino, size, mtimeMs, ctimeMs].join('\n');
  const found = known.get(key);
  if (found !== undefined) return found;
  const hash = await hashFile(path, { size: Number(size), signal });
  if (known.size >= mostKnown) known.delete(known.keys().next().value!);
  known.set(key, hash);
  return hash;
}
