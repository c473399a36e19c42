import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { OutputPaths } from './batchInput.ts';

/** A file that a batch wrote, as it was when its scene was done. */
export type OutputFile = {
  readonly path: string;
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
  readonly sha256: string;
};

/** All files of the outputs with those beside them, and the STAC item. */
export async function outputFiles(
  outputs: OutputPaths,
  item: string | undefined,
  signal: AbortSignal,
): Promise<OutputFile[]> {
  const { map, ...others } = outputs;
  const beside = [`${map}.json`, `${map}.aux.xml`, map.replace(/\.[^./\\]*$/, '.qml')];
  const paths = [map, ...Object.values(others), ...beside, item];
  const files: OutputFile[] = [];
  for (const path of new Set(paths)) {
    if (path === undefined) continue;
    const found = await stat(path).catch(() => undefined);
    if (found === undefined) continue;
    const sha256 = await hashOf(path, signal);
    files.push({ path, bytes: found.size, modified: found.mtimeMs, sha256 });
  }
  return files;
}

/** SHA-256 of a file. */
export async function hashOf(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20, signal }))
    hash.update(chunk as Buffer);
  return hash.digest('hex');
}
