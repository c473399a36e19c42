// `npm run bench [-- NAME…] [--out FILE] [--rounds N] [--minutes N] [--json] [--force]`: speed beside peers. Each file of the table gives
// comparisons; both sides run alternately on the same inputs, results are compared first, and ratios are ours / peer.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Figure, figureLine } from './figure.ts';
import { type Bench, type BenchRow, compare, machineLoad } from './harness.ts';
import { measurePeaks, type Peaks, shareOfPeak } from './peaks.ts';

type BenchFile = {
  readonly benches: (folder: string) => Promise<readonly Bench[]> | readonly Bench[];
};
type FigureFile = {
  readonly figures: (options: {
    readonly minutes: number;
    readonly say: (figure: Figure) => void;
  }) => Promise<readonly Figure[]>;
};

const files: Readonly<Record<string, () => Promise<BenchFile>>> = {
  scan: () => import('./scan.ts'),
  epoch: () => import('./epoch.ts'),
  probabilities: () => import('./probabilities.ts'),
  spectralgpt: () => import('./train.ts'),
  read: () => import('./read.ts'),
  write: () => import('./write.ts'),
  weights: () => import('./weights.ts'),
  job: () => import('./job.ts'),
  map: () => import('./deskMap.ts'),
};

/** Figures of the desk that have no peer. */
const figureFiles: Readonly<Record<string, () => Promise<FigureFile>>> = {
  start: () => import('./deskStart.ts'),
  use: () => import('./deskUse.ts'),
  batch: () => import('./batchQueue.ts'),
};

/** Above this a figure says more about the neighbours than about us. */
const mostLoad = 0.5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    rounds: { type: 'string', default: '7' },
    minutes: { type: 'string', default: '30' },
    json: { type: 'boolean', default: false },
    force: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: true },
  },
});

await main();

async function main(): Promise<void> {
  const load = machineLoad();
  if (load > mostLoad && !values.force) {
    console.error(
      `The machine is busy (load ${load.toFixed(2)}, at most ${mostLoad}). Wait until it is quiet, or add --force.`,
    );
    process.exitCode = 1;
    return;
  }
  const peaks = measurePeaks();
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    load,
    ...(peaks === undefined ? {} : { peaks }),
  };
  const rows: BenchRow[] = [];
  const figures: Figure[] = [];
  const isWanted = (name: string): boolean =>
    positionals.length === 0 || positionals.some((wanted) => wanted.startsWith(name));
  for (const [name, load] of Object.entries(files))
    if (isWanted(name)) rows.push(...(await runFile(load, peaks)));
  for (const [name, load] of Object.entries(figureFiles))
    if (isWanted(name)) figures.push(...(await runFigures(load)));
  const result = { machine, rows, figures };
  if (values.out !== undefined)
    writeFileSync(values.out, `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(
    values.json
      ? JSON.stringify(result)
      : `${machine.cpu}, ${machine.cores} cores, load ${load.toFixed(2)}${peakText(peaks)}\n${[rows.length > 0 ? table(rows, peaks) : '', ...figures.map(figureLine)].join('\n').trim()}`,
  );
  process.exitCode = [...rows, ...figures].every(({ ok }) => ok) ? 0 : 1;
}

async function runFigures(load: () => Promise<FigureFile>): Promise<readonly Figure[]> {
  return (await load()).figures({
    minutes: Number(values.minutes),
    say: (figure) => console.error(figureLine(figure)),
  });
}

async function runFile(
  load: () => Promise<BenchFile>,
  peaks: Peaks | undefined,
): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'prismap-bench-'));
  const rows: BenchRow[] = [];
  try {
    for (const bench of await (await load()).benches(folder)) {
      const most = bench.mostRounds ?? Number.POSITIVE_INFINITY;
      const row = await compare(bench, Math.min(most, Number(values.rounds)));
      console.error(cellsOf(row, peaks).join('  '));
      rows.push(row);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}

function table(rows: readonly BenchRow[], peaks: Peaks | undefined): string {
  const header = ['', 'ours', 'peer', 'wall', 'wall min', 'CPU', 'of peak', 'must', 'aim', ''];
  const cells = [header, ...rows.map((row) => cellsOf(row, peaks))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!),
        )
        .join('  '),
    )
    .join('\n');
}

function cellsOf(row: BenchRow, peaks: Peaks | undefined): string[] {
  const { name, flops, ours, peer, ratio, must, aim, ok, memory, disagreement } = row;
  const verdict = `${disagreement ?? (ok ? 'ok' : 'over')}${memory === undefined ? '' : `, ${memoryText(memory)}`}`;
  const share = shareOfPeak(flops, ours.wallMin, peaks);
  const ratios = [ratio.wall, ratio.wallMin, ratio.cpu].map((value) => value.toFixed(2));
  return [
    name,
    milliseconds(ours.wall),
    milliseconds(peer.wall),
    ...ratios,
    share === undefined ? '' : `${(100 * share).toFixed(0)} %`,
    String(must),
    String(aim),
    verdict,
  ];
}

function memoryText({ ours, peer, must }: NonNullable<BenchRow['memory']>): string {
  const [a, b] = [ours, peer].map((bytes) => (bytes / 2 ** 20).toFixed(0));
  return `peak memory ${a} / ${b} MiB = ${(ours / peer).toFixed(2)} (must ${must})`;
}

function milliseconds(seconds: number): string {
  return `${(seconds * 1000).toFixed(1)} ms`;
}

function peakText(peaks: Peaks | undefined): string {
  if (peaks === undefined) return '';
  const { gemm, memory, write, read } = peaks;
  return `; measured: products ${gemm.toFixed(0)} GFLOP/s, memory ${memory.toFixed(1)} GB/s, disk ${read.toFixed(0)} MB/s read, ${write.toFixed(0)} MB/s written`;
}
