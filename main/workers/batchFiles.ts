import { stat } from 'node:fs/promises';
import type { OutputPaths } from './batchInput.ts';
import { hashFile } from './hashFile.ts';

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
    const sha256 = await hashFile(path, { size: found.size, signal });
    files.push({ path, bytes: found.size, modified: found.mtimeMs, sha256 });
  }
  return files;
}
