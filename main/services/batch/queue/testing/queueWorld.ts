import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInChild } from '../../../../workers/host.ts';
import { createServices } from '../../../createServices.ts';
import { writeRois, writeScene } from '../../testing/batchScenes.ts';

/** Small scenes, a model and a recipe in a folder of their own, and batches and workers over them. */
export class QueueWorld {
  readonly folder = mkdtempSync(join(tmpdir(), 'prismap-queue-'));
  readonly services = createServices({ runTask: runInChild });
  readonly #started = new Set<ChildProcess>();

  path(name: string): string {
    return join(this.folder, name);
  }

  get recipe(): string {
    return this.path('recipe.yaml');
  }

  /**
   * @param scenes How many; each has another size and other values
   * @param side Pixels of the smallest one
   */
  async make(scenes: number, side = 70): Promise<void> {
    for (let i = 0; i < scenes; i++)
      await writeScene(this.path(`scenes/${i % 2 === 0 ? '' : 'odd/'}s${i}.tif`), {
        ...{ seed: i + 1, width: side + 20 + i, height: side + ((i * 7) % 20) },
      });
    writeRois(this.path('rois.geojson'));
    writeFileSync(
      this.recipe,
      'model: model\npostprocess: { majority: 3, sieve: 5 }\noutputs:\n  score: "{folder}/{name}-score.tif"\n  vector: "{folder}/{name}.gpkg"\n',
    );
    await this.services.call('train', {
      ...{ scene: [this.path('scenes/s0.tif')], rois: this.path('rois.geojson') },
      ...{ model: 'forest', split: 'random', out: this.path('model') },
    });
  }

  /** The program in a process of its own. */
  program(...words: readonly string[]): Program {
    const program = new Program(words);
    this.#started.add(program.child);
    return program;
  }

  worker(queue: string, ...more: readonly string[]): Program {
    return this.program('worker', '--queue', queue, '--threads', '1', '--json', ...more);
  }

  batch(out: string, queue: string | undefined, ...more: readonly string[]): Program {
    const words = ['batch', this.path('scenes'), '--recipe', this.recipe, '--out', this.path(out)];
    const shared = queue === undefined ? [] : ['--queue', queue];
    return this.program(...words, '--json', ...shared, ...more);
  }

  /** SHA-256 of all that a batch wrote, but for what tells times. */
  hashes(out: string): Record<string, string> {
    const told = /(^\.batch)|\.tif\.json$|^(summary\.json|report\.html)$/;
    return Object.fromEntries(
      readdirSync(this.path(out), { recursive: true, encoding: 'utf8' })
        .toSorted()
        .filter((name) => !told.test(name))
        .filter((name) => statSync(join(this.path(out), name)).isFile())
        .map((name) => [name, sha256(join(this.path(out), name))]),
    );
  }

  end(): void {
    for (const child of this.#started) {
      // one that was stopped takes no other signal
      child.kill('SIGCONT');
      child.kill('SIGKILL');
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

const sha256 = (path: string): string =>
  createHash('sha256').update(readFileSync(path)).digest('hex');

const cli = fileURLToPath(new URL('../../../../cli.ts', import.meta.url));

/** A started command: what it says, and how it ends. */
export class Program {
  readonly child: ChildProcess;
  out = '';
  said = '';
  readonly ended: Promise<number | null>;

  constructor(words: readonly string[]) {
    this.child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      this.out += text;
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.child.emit('said');
    });
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until it said something; throws where it ends before. */
  async says(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.said)) {
      const code = await Promise.race([once(this.child, 'said').then(() => 'said'), this.ended]);
      if (code !== 'said' && !pattern.test(this.said))
        throw new Error(`ended with ${code} and never said ${pattern}: ${this.said}${this.out}`);
    }
  }

  /** What it answered under `--json`. */
  async result<Result>(): Promise<Result> {
    const code = await this.ended;
    if (code !== 0) throw new Error(`ended with ${code}: ${this.out}${this.said}`);
    return JSON.parse(this.out) as Result;
  }

  /** The error that it ended with. */
  async error(): Promise<{ readonly code: string; readonly message: string }> {
    await this.ended;
    return (JSON.parse(this.out) as { error: { code: string; message: string } }).error;
  }
}
