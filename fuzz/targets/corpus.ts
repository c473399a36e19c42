import { AppError } from '../../app/error.ts';
import { type CrashCase, crashCorpus } from '../crashCorpus.ts';
import type { Attacked, Target } from '../target.ts';

/** @param targetOf all targets, this one among them, so that it cannot import their table */
export function corpusTarget(targetOf: (name: string) => Target): Target {
  const count = crashCorpus().length;
  return {
    name: 'corpus',
    group: 'corpus',
    counts: { short: count, usual: count, long: count },
    writes: true,
    open: async (folder) => {
      const cases = crashCorpus();
      const byFiles = new Map(cases.map((one) => [one.files, one]));
      const opened = new Map<string, Promise<Attacked>>();
      const open = (name: string): Promise<Attacked> => {
        const attacked = opened.get(name) ?? targetOf(name).open(folder);
        opened.set(name, attacked);
        return attacked;
      };
      return {
        wellFormed: [],
        make: (_random, index) => {
          const { name, files } = cases[index % cases.length]!;
          return { seed: name, files };
        },
        read: async (place, files) => {
          const one = byFiles.get(files)!;
          const { read } = await open(one.target);
          await expectOutcome(one, () => read(place, files));
        },
      };
    },
  };
}

/** @throws Error where the outcome is another than is needed; else what reading throws */
async function expectOutcome({ expected }: CrashCase, read: () => Promise<unknown>): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (error instanceof AppError && error.code === expected) throw error;
    throw new Error(`it was to be ${expected}, not refused`, { cause: error });
  }
  if (expected !== 'read') throw new Error(`it was to be refused as ${expected}, not read`);
}
