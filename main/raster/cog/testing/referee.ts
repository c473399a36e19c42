import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { type SampleArray, type SampleType, samplesOf } from '../../../../app/raster/samples.ts';

const root = resolve(import.meta.dirname, '..', '..', '..', '..');

/** Python with rasterio and rio-cogeo, or undefined where it was not set up. */
export const python: string | undefined = [
  join(root, '.cache', 'referee', 'bin', 'python'),
  join(root, '.cache', 'referee', 'Scripts', 'python.exe'),
].find((path) => existsSync(path));

/** What GDAL makes of a raster. */
export type Verdict = {
  readonly error?: string;
  readonly cog: { readonly valid: boolean; readonly errors: string[]; readonly warnings: string[] };
  readonly blocks: readonly string[];
  readonly layout: Readonly<Record<string, string>>;
  readonly size: readonly [width: number, height: number, bands: number];
  readonly type: string;
  readonly blockShape: readonly number[];
  readonly nodata: number | string | null;
  readonly crs: string | null;
  readonly epsg: number | null;
  readonly transform: readonly number[];
  readonly descriptions: readonly (string | null)[];
  readonly scales: readonly number[];
  readonly offsets: readonly number[];
  readonly units: readonly (string | null)[];
  readonly interpretation: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly bandTags: readonly Readonly<Record<string, string>>[];
  readonly imagery: readonly Readonly<Record<string, string>>[];
  readonly overviews: readonly (readonly [width: number, height: number])[];
  readonly colormap: Readonly<Record<string, readonly number[]>> | null;
  readonly side: {
    readonly categories: readonly string[];
    readonly rows: readonly (readonly string[])[];
  };
};

/** GDAL in a process that stays alive, so that a hundred small rasters take seconds. */
export class Referee {
  readonly #child: ChildProcess;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;

  constructor() {
    const script = join(import.meta.dirname, 'referee.py');
    this.#child = spawn(python!, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async ask(path: string): Promise<Verdict> {
    this.#child.stdin!.write(`${path}\n`);
    const next = await this.#lines.next();
    if (next.done === true) throw new Error('the referee ended early');
    const verdict = JSON.parse(next.value) as Verdict;
    if (verdict.error !== undefined) throw new Error(`${path}: ${verdict.error}`);
    return verdict;
  }

  close(): void {
    this.#reader.close();
    this.#child.stdin!.end();
  }
}

/** The pixels that GDAL read of one resolution, all bands one behind the other. */
export async function pixelsSeen(
  path: string,
  level: number,
  type: SampleType,
): Promise<SampleArray> {
  const name = `${path}.${level}.raw`;
  const bytes = new Uint8Array(await readFile(name));
  await rm(name);
  return samplesOf(type, bytes.buffer);
}

/** Runs a Python script that reads JSON from its standard input and prints JSON. */
export function askPython<Answer>(script: string, question: unknown): Answer {
  const answer = execFileSync(python!, ['-c', script], {
    input: JSON.stringify(question),
    maxBuffer: 2 ** 28,
  });
  return JSON.parse(answer.toString()) as Answer;
}
