import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Batch, type BatchAnswer, limits, ownFault, places, type Ready } from './messages.ts';
import type { FindKind, Target } from './target.ts';

/** Why a process did not come to the end of a batch, and the case at which it was. */
export type Loss = {
  readonly index: number;
  readonly kind: FindKind;
  readonly message: string;
};

const script = join(import.meta.dirname, 'child.ts');
const pollMs = 250;
const startMs = 120_000;
const prlimit = '/usr/bin/prlimit';
/** Ticks of `/proc/PID/stat` a second. */
const ticks = 100;

/**
 * A process that reads cases of one target, under a limit of memory and without permission to write outside its folder or to start
 * programs. It is started when it is first asked, killed where it hangs and started anew where it died.
 */
export class WatchedChild {
  readonly #target: Target;
  readonly #seed: number;
  readonly #root: string;
  #child: ChildProcess | undefined;
  #folder = '';
  #complaints = '';
  /** Processes that were started. */
  starts = 0;

  /** @param root folder in which each process gets its own */
  constructor(target: Target, seed: number, root: string) {
    this.#target = target;
    this.#seed = seed;
    this.#root = root;
  }

  /** Where the files of a case that was kept lie. */
  caseFolder(index: number): string {
    return join(this.#folder, places.cases, String(index));
  }

  /** Reads cases; a loss names the case over which the process was lost. */
  async run(batch: Batch): Promise<BatchAnswer | Loss> {
    if (this.#child === undefined) await this.#start();
    const child = this.#child!;
    const answered = new Promise<BatchAnswer | undefined>((resolve) => {
      child.removeAllListeners('exit');
      child.once('message', (message) => resolve(message as BatchAnswer));
      child.once('exit', () => resolve(undefined));
    });
    child.send(batch);
    const hung = this.#watch(child);
    const answer = await Promise.race([answered, hung.promise]);
    hung.stop();
    if (answer !== undefined && 'bad' in answer) return answer;
    if (child.exitCode === ownFault) throw new Error(this.#complaints);
    const index = this.#progress();
    const loss = answer ?? this.#death(child, index);
    this.stop();
    return loss;
  }

  /** Names in the folder of the process that do not belong there. */
  strays(): string[] {
    const known = new Set<string>(Object.values(places));
    return readdirSync(this.#folder).filter((name) => !known.has(name));
  }

  stop(): void {
    this.#child?.kill('SIGKILL');
    this.#child?.removeAllListeners();
    this.#child = undefined;
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true });
  }

  async #start(): Promise<void> {
    this.starts++;
    mkdirSync(this.#root, { recursive: true });
    this.#folder = mkdtempSync(join(this.#root, `${this.#target.name}-`));
    this.#complaints = '';
    const child = fork(script, [this.#target.name, String(this.#seed), this.#folder], {
      execArgv: [
        ...(this.#target.unconfined === true ? [] : confinement(this.#folder)),
        '--disable-warning=ExperimentalWarning',
      ],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
      // Where the compiled sources are kept it may not write.
      env: { ...process.env, NODE_COMPILE_CACHE: '' },
    });
    this.#child = child;
    child.stderr!.on('data', (text: Buffer) => {
      this.#complaints = (this.#complaints + text.toString()).slice(-4000);
    });
    child.on('error', () => undefined);
    const { dataBytes } = await this.#ready(child);
    if (existsSync(prlimit) && this.#target.startsThreads !== true)
      execFileSync(prlimit, [`--pid=${child.pid}`, `--data=${dataBytes + limits.bytes}`]);
  }

  #ready(child: ChildProcess): Promise<Ready> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => child.kill('SIGKILL'), startMs);
      child.once('message', (message) => {
        clearTimeout(late);
        resolve(message as Ready);
      });
      child.once('exit', () => {
        clearTimeout(late);
        this.#child = undefined;
        reject(
          new Error(`The process for ${this.#target.name} did not start: ${this.#complaints}`),
        );
      });
    });
  }

  /** Resolves when the process has been at one case for too long. */
  #watch(child: ChildProcess): { readonly promise: Promise<Loss>; stop(): void } {
    let timer: NodeJS.Timeout | undefined;
    const promise = new Promise<Loss>((resolve) => {
      let seen = { index: -1, cpu: 0, since: 0 };
      timer = setInterval(() => {
        const index = this.#progress();
        const cpu = cpuSeconds(child.pid!);
        const now = performance.now();
        if (index !== seen.index) seen = { index, cpu, since: now };
        const [used, waited] = [cpu - seen.cpu, (now - seen.since) / 1000];
        if (used <= limits.cpuSeconds && waited <= limits.wallSeconds) return;
        const message = `no answer after ${used.toFixed(1)} s of CPU time, ${waited.toFixed(1)} s`;
        resolve({ index, kind: 'hang', message });
      }, pollMs);
    });
    return { promise, stop: () => clearInterval(timer) };
  }

  #progress(): number {
    const bytes = readFileSync(join(this.#folder, places.progress));
    return bytes.length === 8 ? bytes.readDoubleLE() : -1;
  }

  #death(child: ChildProcess, index: number): Loss {
    const end = child.signalCode ?? `exit code ${child.exitCode}`;
    const kind = /out of memory|allocation failed/i.test(this.#complaints) ? 'memory' : 'crash';
    return { index, kind, message: `the process ended (${end}) ${this.#complaints.slice(0, 400)}` };
  }
}

/** Node's permission model: no programs, no files but in a folder. */
const confinement = (folder: string): string[] => [
  '--permission',
  '--allow-fs-read=*',
  `--allow-fs-write=${folder}`,
  // Some decoders work in threads of their own; a thread may do no more than its process.
  '--allow-worker',
  '--disable-warning=SecurityWarning',
];

/** CPU time of a process, all threads; 0 where the system does not tell. */
function cpuSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  } catch {
    return 0;
  }
}
