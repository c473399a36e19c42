import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hasReferee, LineProcess, python } from '../main/raster/tiff/testing/childReader.ts';
import type { BatchAnswer } from './messages.ts';
import type { Facts, Find, Target } from './target.ts';

/** What rasterio says to the cases that were read. */
export type Verdicts = {
  compared: number;
  /** Same size, type and pixels. */
  same: number;
  /** Refused by GDAL, by its reason without names and numbers. */
  readonly refused: Record<string, number>;
  /** The first case of each reason. */
  readonly examples: Record<string, number>;
  /** Other pixels for a known fault of GDAL's, by its name. */
  readonly known: Record<string, number>;
  /** It hung or died over them, or its Python cannot show them. */
  lost: number;
};

export type Judge = {
  /** Whether files of cases that are read are to be kept for it. */
  readonly wantsCases: boolean;
  readonly verdicts?: Verdicts;
  /** Compares while the next batch is being read. Removes the files. */
  take(kept: BatchAnswer['kept'], folderOf: (index: number) => string): Promise<void>;
  /** Waits for what is under way. */
  end(): Promise<readonly Find[]>;
  stop(): void;
};

const idle: Judge = {
  wantsCases: false,
  take: async () => undefined,
  end: async () => [],
  stop: () => undefined,
};

const script = join(import.meta.dirname, 'referee.py');

/**
 * rasterio beside our reader, where it is installed and the target has a driver for it.
 * @param root folder in which it keeps the files that it still has to look at
 */
export function createJudge(target: Target, seed: number, root: string): Judge {
  const { compared } = target;
  if (compared === undefined || !hasReferee) return idle;
  const referee = new LineProcess([python, script, compared.driver], { seconds: 20 });
  mkdirSync(root, { recursive: true });
  const own = mkdtempSync(join(root, 'judge-'));
  const verdicts: Verdicts = {
    compared: 0,
    same: 0,
    refused: {},
    examples: {},
    known: {},
    lost: 0,
  };
  const finds: Find[] = [];
  let underWay = Promise.resolve();

  async function compare(
    { index, made, facts }: BatchAnswer['kept'][number],
    folder: string,
  ): Promise<void> {
    const answer = await referee.ask(join(folder, compared!.file));
    const known = compared!.known?.(folder);
    rmSync(folder, { recursive: true, force: true });
    verdicts.compared++;
    if (answer === undefined || answer.error?.code === 'referee') verdicts.lost++;
    else if (answer.error !== undefined) refuse(index, answer.error.message);
    else if (isSame(facts, answer as Facts)) verdicts.same++;
    else if (known !== undefined) verdicts.known[known] = (verdicts.known[known] ?? 0) + 1;
    else {
      const message = `${factsLine(facts)}; rasterio: ${factsLine(answer as Facts)}`;
      const kind = 'other pixels';
      finds.push({ target: target.name, seed, index, made, kind, message, repeated: true });
    }
  }

  function refuse(index: number, message: string): void {
    const reason = reasonOf(message);
    verdicts.refused[reason] = (verdicts.refused[reason] ?? 0) + 1;
    verdicts.examples[reason] ??= index;
  }

  return {
    wantsCases: true,
    verdicts,
    take: async (kept, folderOf) => {
      await underWay;
      // Out of the folder of the process, which may end at any time.
      for (const { index } of kept) renameSync(folderOf(index), join(own, String(index)));
      underWay = (async () => {
        for (const one of kept) await compare(one, join(own, String(one.index)));
      })();
    },
    end: async () => {
      await underWay;
      return finds;
    },
    stop: () => {
      referee.stop();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

const isSame = (a: Facts, b: Facts): boolean =>
  a.width === b.width &&
  a.height === b.height &&
  a.type === b.type &&
  String(a.digests) === String(b.digests);

const factsLine = ({ width, height, type, digests }: Facts): string =>
  `${width} × ${height} × ${digests.length} ${type} ${digests.map((one) => one.slice(0, 6)).join(' ')}`;

/** A message as the name of a class: without paths and numbers. */
const reasonOf = (message: string): string =>
  message
    .replaceAll(/['"]?\/[^'",: ]*['"]?/g, 'FILE')
    .replaceAll(/\b0x[0-9a-f]+\b|-?\d+(\.\d+)?(e[+-]?\d+)?/gi, 'N')
    .slice(0, 160);
