import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';

/** What the reader or the referee says about one file. */
export type Answer = {
  readonly error?: { readonly code?: string; readonly message: string };
  readonly width?: number;
  readonly height?: number;
  readonly type?: string;
  readonly nodata?: string | null;
  readonly transform?: readonly number[] | null;
  readonly crs?: string | null;
  readonly epsg?: number | null;
  readonly compression?: string | null;
  readonly digests?: readonly string[];
  readonly means?: readonly number[];
  readonly masks?: readonly string[];
  readonly milliseconds?: number;
};

const repository = join(import.meta.dirname, '..', '..', '..', '..');
export const python = join(repository, '.cache', 'referee', 'bin', 'python');
export const hasReferee = existsSync(python);
/** Why a test that needs rasterio is skipped, as the end of its name. */
export const skipped = hasReferee ? '' : ' (skipped: rasterio is not in .cache/referee)';
const hasPrlimit = process.platform === 'linux' && existsSync('/usr/bin/prlimit');

/** Memory counts from what the process says that it holds in its first line; one without that limit says nothing. */
export type Limits = { readonly seconds: number; readonly megabytes?: number };

/** A process that answers one line for each line; killed and counted where it hangs, started anew where it dies. */
export class LineProcess {
  readonly #command: readonly string[];
  readonly #limits: Limits | undefined;
  #child: ChildProcess | undefined;
  #lines: Interface | undefined;
  #answers: AsyncIterator<string> | undefined;
  hangs = 0;
  deaths = 0;

  constructor(command: readonly string[], limits?: Limits) {
    this.#command = command;
    this.#limits = limits;
  }

  /** The answer to a file, or undefined where the process hung or died over it. */
  async ask(path: string): Promise<Answer | undefined> {
    if (this.#child === undefined) await this.#start();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), (this.#limits?.seconds ?? 60) * 1000);
    });
    this.#child!.stdin!.write(`${JSON.stringify({ path })}\n`);
    const answer = await Promise.race([this.#answers!.next(), late]);
    clearTimeout(timer);
    if (answer !== undefined && answer.done !== true) return JSON.parse(answer.value) as Answer;
    if (answer === undefined) this.hangs++;
    else this.deaths++;
    this.stop();
    return undefined;
  }

  stop(): void {
    this.#lines?.close();
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #start(): Promise<void> {
    const [program, ...args] = this.#command;
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#child.stdin!.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout! });
    this.#answers = this.#lines[Symbol.asyncIterator]();
    if (this.#limits?.megabytes === undefined) return;
    // The first line states what the process holds before it reads anything: the limit counts from there.
    const { value } = (await this.#answers.next()) as { value: string };
    const baseline = (JSON.parse(value) as { data: number }).data;
    const bytes = baseline + this.#limits.megabytes * 2 ** 20;
    if (hasPrlimit) execFileSync('prlimit', ['--pid', String(this.#child.pid), `--data=${bytes}`]);
  }
}

/** Our reader in a process of its own, under limits of time and memory. */
export function startReader(limits: Limits): LineProcess {
  return new LineProcess([process.execPath, join(import.meta.dirname, 'child.ts')], limits);
}

/** rasterio as the referee. */
export function startReferee(): LineProcess {
  return new LineProcess([python, join(import.meta.dirname, 'referee.py')]);
}
