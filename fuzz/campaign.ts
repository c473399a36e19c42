import { createJudge, type Judge, type Verdicts } from './judge.ts';
import { type BadCase, type BatchAnswer, limits } from './messages.ts';
import { caseName, type Find, type Target } from './target.ts';
import { type Loss, WatchedChild } from './watchedChild.ts';

export type CampaignOptions = {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  /** Folder for the files of the cases; in memory where the system has such a one. */
  readonly root: string;
  /** Called for each find, with the process's folder of the case where it still is. */
  readonly onFind: (find: Find) => void;
};

/** What became of all cases of a target. */
export type Campaign = {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  readonly read: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly finds: readonly Find[];
  /** CPU time of the slowest case. */
  readonly slowest: { readonly index: number; readonly milliseconds: number };
  /** Most memory over what the process had before the first case; many cases share it. */
  readonly peakBytes: number;
  readonly processes: number;
  readonly seconds: number;
  /** Beside rasterio. */
  readonly verdicts?: Verdicts;
};

/** Cases a message: enough that messages cost nothing, few enough that a lost process loses little. */
const batchCases = 200;
/** After so many processes were lost the fault is known, and each costs a second. */
const mostLosses = 30;

type Tally = {
  cases: number;
  read: number;
  readonly refused: Record<string, number>;
  readonly finds: Find[];
  slowest: { index: number; milliseconds: number };
  peakBytes: number;
};

/** Runs cases of one target in a process that is watched, and has those that are read compared. */
export async function runCampaign(target: Target, options: CampaignOptions): Promise<Campaign> {
  const { seed, first, count } = options;
  const began = performance.now();
  const runner = new Runner(target, options);
  try {
    for (let at = first; at < first + count && !runner.isFull; at += batchCases)
      await runner.runRange(at, Math.min(batchCases, first + count - at));
    await runner.end();
  } finally {
    runner.stop();
  }
  const seconds = (performance.now() - began) / 1000;
  return { target: target.name, seed, seconds, ...runner.result() };
}

class Runner {
  readonly #target: Target;
  readonly #options: CampaignOptions;
  readonly #child: WatchedChild;
  readonly #judge: Judge;
  #losses = 0;
  readonly #tally: Tally = {
    cases: 0,
    read: 0,
    refused: {},
    finds: [],
    slowest: { index: -1, milliseconds: 0 },
    peakBytes: 0,
  };

  constructor(target: Target, options: CampaignOptions) {
    this.#target = target;
    this.#options = options;
    this.#child = this.#newChild();
    this.#judge = createJudge(target, options.seed, options.root);
  }

  get isFull(): boolean {
    return this.#losses >= mostLosses;
  }

  /** A range of cases; where the process is lost over one, those before and after are run without it. */
  async runRange(start: number, size: number): Promise<void> {
    if (size <= 0 || this.isFull) return;
    const batch = { first: start, count: size, keep: this.#judge.wantsCases };
    const answer = await this.#child.run(batch);
    if ('bad' in answer) return this.#take(answer, size);
    const index = Math.min(Math.max(answer.index, start), start + size - 1);
    this.#tally.cases++;
    this.#losses++;
    this.#found(await this.#confirm(index, answer));
    await this.runRange(start, index - start);
    await this.runRange(index + 1, start + size - 1 - index);
  }

  async end(): Promise<void> {
    for (const find of await this.#judge.end()) this.#found(find);
  }

  stop(): void {
    this.#child.stop();
    this.#judge.stop();
  }

  result(): Tally & Pick<Campaign, 'processes' | 'verdicts'> {
    const { verdicts } = this.#judge;
    const processes = this.#child.starts;
    return { ...this.#tally, processes, ...(verdicts === undefined ? {} : { verdicts }) };
  }

  async #take(answer: BatchAnswer, size: number): Promise<void> {
    const tally = this.#tally;
    tally.cases += size;
    tally.read += answer.read;
    for (const [code, times] of Object.entries(answer.refused))
      tally.refused[code] = (tally.refused[code] ?? 0) + times;
    if (answer.slowest.milliseconds > tally.slowest.milliseconds) tally.slowest = answer.slowest;
    tally.peakBytes = Math.max(tally.peakBytes, answer.peakBytes);
    await this.#judge.take(answer.kept, (index) => this.#child.caseFolder(index));
    const strays = this.#child.strays();
    if (strays.length > 0) this.#found(this.#strayFind(answer, strays));
    // A process that has grown once looks too large for ever after.
    if (answer.peakBytes > limits.bytes || strays.length > 0) this.#child.stop();
    for (const bad of firstOfMemory(answer.bad)) {
      const doubtful = bad.kind === 'memory' || bad.kind === 'hang';
      this.#found(doubtful ? await this.#confirm(bad.index, bad) : this.#findOf(bad, true));
    }
  }

  /** A case alone in a new process: what many cases add up to is not the fault of the last. */
  async #confirm(index: number, seen: Loss | BadCase): Promise<Find> {
    const alone = this.#newChild();
    try {
      const again = await alone.run({ first: index, count: 1, keep: false });
      const trouble = 'bad' in again ? again.bad[0] : again;
      return this.#findOf({ ...seen, ...trouble, index }, trouble !== undefined);
    } finally {
      alone.stop();
    }
  }

  #strayFind({ slowest }: BatchAnswer, strays: readonly string[]): Find {
    const message = `${strays.join(', ')} after the cases before this one`;
    return this.#findOf({ index: slowest.index, kind: 'file outside', message }, true);
  }

  #findOf(bad: Loss & Partial<BadCase>, repeated: boolean): Find {
    const { index, kind, message, made = '?', smallest } = bad;
    const { seed } = this.#options;
    return { target: this.#target.name, seed, index, made, kind, message, smallest, repeated };
  }

  #found(find: Find): void {
    this.#tally.finds.push(find);
    this.#options.onFind(find);
  }

  #newChild(): WatchedChild {
    return new WatchedChild(this.#target, this.#options.seed, this.#options.root);
  }
}

/** Once a process has grown, all its later cases look too large: only the first is looked at. */
function firstOfMemory(bad: BatchAnswer['bad']): BatchAnswer['bad'] {
  const first = bad.findIndex(({ kind }) => kind === 'memory');
  return bad.filter(({ kind }, i) => kind !== 'memory' || i === first);
}

/** One line a find. */
export const findLine = ({ target, seed, index, made, kind, message, repeated }: Find): string =>
  `${caseName(target, seed, index)} (${made}): ${kind}${repeated ? '' : ', not again when alone'}: ${message}`;
