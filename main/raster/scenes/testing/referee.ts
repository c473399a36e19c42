import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import type { SampleArray } from '../../../../app/raster/samples.ts';

const repository = join(import.meta.dirname, '../../../..');
const python = join(repository, '.cache/referee/bin/python');

/** The folder of real data beside the checkout; absent on most machines. */
export const sharedData = join(repository, '..', 'shared/data');

/** Why tests against rasterio cannot run here, or undefined where they can. */
export const noReferee = existsSync(python)
  ? undefined
  : 'rasterio is not installed (.cache/referee): run npm run setup';

/** Why tests on the real data cannot run here. */
export const noSharedData = existsSync(sharedData)
  ? noReferee
  : 'the real data (../shared/data) are not on this machine';

/** A reason for skipping, as the end of a test's name. */
export const because = (reason: string | undefined): string =>
  reason === undefined ? '' : ` (skipped: ${reason})`;

/** What rasterio says of a raster. */
export type RefereeFacts = {
  readonly driver: string;
  readonly width: number;
  readonly height: number;
  readonly types: readonly string[];
  readonly transform: readonly number[] | null;
  readonly epsg: number | null;
  readonly nodata: readonly (string | null)[];
  readonly digests: readonly string[];
  /** Of 0 and 1, as read_masks gives them. */
  readonly masks: readonly string[];
  readonly error?: string;
};

/** A long-lived Python process that answers one request a line. */
export class Referee {
  readonly #child: ChildProcess;
  readonly #reader: Interface;
  readonly #lines: AsyncIterator<string>;

  /** @param script what is asked, where it is not the raster tests' own */
  constructor(script = join(import.meta.dirname, 'referee.py')) {
    this.#child = spawn(python, [script], { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async ask<Answer>(request: Readonly<Record<string, unknown>>): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('the referee ended early');
    return JSON.parse(line.value) as Answer;
  }

  /** Asks and fails the test where the referee could not do it. */
  async must<Answer>(request: Readonly<Record<string, unknown>>): Promise<Answer> {
    const answer = await this.ask<Answer & { readonly error?: string }>(request);
    if (answer.error !== undefined) throw new Error(`referee: ${answer.error}`);
    return answer;
  }

  stop(): void {
    this.#reader.close();
    this.#child.kill();
  }
}

/** MD5 of the bytes of a band, as the referee gives it. */
export function digest(samples: SampleArray): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  return createHash('md5').update(bytes).digest('hex');
}
