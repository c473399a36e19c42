import { type ChildProcess, spawn } from 'node:child_process';
import { loadavg } from 'node:os';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { runNanoseconds } from './processes.ts';

/**
 * One side of a comparison: a command that stays alive and, for every line `run` on its standard input, does the work
 * once and prints one JSON line `{"cpu": seconds, "wall": seconds, "digest": "…", "peakRss"?: bytes}`.
 */
export type Side = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
};

/** A comparison with a peer. Ratios are ours / peer, lower is better. */
export type Bench = {
  readonly name: string;
  readonly ours: Side;
  readonly peer: Side;
  readonly must: number;
  readonly aim: number;
  /** Largest ratio of peak resident memory, where that is a goal too. */
  readonly mostMemory?: number;
  /** Floating-point operations of a round at least, whatever the program; a product and a sum are two. */
  readonly flops?: number;
  /** Where a round takes long: no more than these. */
  readonly mostRounds?: number;
  /** Rounds that are not counted; 0 where each starts a process of its own. */
  readonly warmups?: number;
  /** Says why the two results differ, or undefined where they agree. Default: digests must be equal. */
  readonly disagreement?: (ours: string, peer: string) => string | undefined;
};

export type BenchRow = {
  readonly name: string;
  readonly unit: 's';
  readonly ours: Figures;
  readonly peer: Figures;
  readonly ratio: { readonly cpu: number; readonly wall: number; readonly wallMin: number };
  readonly must: number;
  readonly aim: number;
  /** Peak resident bytes of both processes, where they are a goal. */
  readonly memory?: { readonly ours: number; readonly peer: number; readonly must: number };
  readonly flops?: number;
  readonly ok: boolean;
  readonly disagreement?: string;
};

type Round = {
  readonly cpu: number;
  readonly wall: number;
  readonly digest: string;
  readonly peakRss?: number;
};
type Figures = {
  readonly cpu: number;
  readonly wall: number;
  readonly cpuMin: number;
  readonly wallMin: number;
};

/** Milliseconds between two looks at whether a side has come to rest, and after which it is not waited for any longer. */
const [look, longestRest] = [5, 1000];

/** Runs both sides alternately, A B A B …, each once the other is at rest; medians and minima of CPU time and wall over `rounds`, after `warmups`. */
export async function compare(bench: Bench, rounds = 7): Promise<BenchRow> {
  const { warmups = 2 } = bench;
  const ours = new Runner(bench.ours);
  const peer = new Runner(bench.peer);
  try {
    const results: [Round[], Round[]] = [[], []];
    for (let i = 0; i < rounds + warmups; i++) {
      const a = await ours.run();
      const b = await peer.run();
      if (i >= warmups) {
        results[0].push(a);
        results[1].push(b);
      }
    }
    return row(bench, results[0], results[1]);
  } finally {
    ours.stop();
    peer.stop();
  }
}

function row(bench: Bench, ours: readonly Round[], peer: readonly Round[]): BenchRow {
  const same =
    bench.disagreement ?? ((a, b) => (a === b ? undefined : `digests differ: ${a} / ${b}`));
  const disagreement = same(ours[0]!.digest, peer[0]!.digest);
  const [a, b] = [figures(ours), figures(peer)];
  const ratio = { cpu: a.cpu / b.cpu, wall: a.wall / b.wall, wallMin: a.wallMin / b.wallMin };
  const memory = memoryOf(bench, ours, peer);
  const fits = memory === undefined || memory.ours <= memory.must * memory.peer;
  const ok = disagreement === undefined && ratio.wall <= bench.must && fits;
  return {
    name: bench.name,
    unit: 's',
    ours: a,
    peer: b,
    ratio,
    must: bench.must,
    aim: bench.aim,
    ok,
    ...(bench.flops === undefined ? {} : { flops: bench.flops }),
    ...(memory === undefined ? {} : { memory }),
    ...(disagreement === undefined ? {} : { disagreement }),
  };
}

function memoryOf(
  { mostMemory }: Bench,
  ours: readonly Round[],
  peer: readonly Round[],
): BenchRow['memory'] {
  if (mostMemory === undefined) return undefined;
  const peak = (rounds: readonly Round[]): number =>
    Math.max(...rounds.map(({ peakRss }) => peakRss ?? Number.NaN));
  return { ours: peak(ours), peer: peak(peer), must: mostMemory };
}

function figures(rounds: readonly Round[]): Figures {
  const cpu = rounds.map((round) => round.cpu).sort((x, y) => x - y);
  const wall = rounds.map((round) => round.wall).sort((x, y) => x - y);
  const middle = cpu.length >> 1;
  return { cpu: cpu[middle]!, wall: wall[middle]!, cpuMin: cpu[0]!, wallMin: wall[0]! };
}

class Runner {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;
  readonly #name: string;

  constructor(side: Side) {
    this.#name = [side.command, ...side.args].join(' ');
    this.#child = spawn(side.command, [...side.args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, OMP_NUM_THREADS: '2', ...side.env },
    });
    this.#reader = createInterface({ input: this.#child.stdout! });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  async run(): Promise<Round> {
    this.#child.stdin!.write('run\n');
    const { value, done } = (await this.#lines.next()) as IteratorResult<string, undefined>;
    if (done === true || value === undefined) throw new Error(`${this.#name} ended early`);
    await this.#rest();
    return JSON.parse(value) as Round;
  }

  /** OpenMP's threads spin for some milliseconds after their work, on a core that the other side needs; others tidy up. */
  async #rest(): Promise<void> {
    const until = performance.now() + longestRest;
    for (let before = -1; performance.now() < until; ) {
      const used = runNanoseconds(this.#child.pid!);
      if (used === before) return;
      before = used;
      await wait(look);
    }
  }

  stop(): void {
    this.#reader.close();
    // A side with a browser closes that when it is told to end, and goes on waiting for its next line.
    this.#child.stdin!.end();
    this.#child.kill();
  }
}

/** The load that the machine had before we began: above 0.5 a figure is not to be trusted. */
export function machineLoad(): number {
  return loadavg()[0] ?? 0;
}
