import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { api } from '../../../app/contract/api.ts';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import type { RoiSet } from '../../../app/vector/roi.ts';
import type { RunTask } from '../../workers/host.ts';
import type { Confine } from './confine.ts';
import { givenOf, prepareInput } from './jobInput.ts';

type CostQuestion = DeskArguments<'cost.estimate'> & {
  /** Folder that the job would write to. */
  readonly folder: string;
  readonly rois: RoiSet;
  readonly confine: Confine | undefined;
};

/** What a job will take, measured on a small part of it in a process of its own. Nothing of it is left. */
export async function estimateCost(
  { kind, input, folder, rois, confine }: CostQuestion,
  runTask: RunTask,
  signal: AbortSignal,
): Promise<DeskOutput<'cost.estimate'>> {
  await confine?.(api[kind].input, givenOf(kind, input));
  const temporary = await mkdtemp(join(tmpdir(), 'prismap-estimate-'));
  try {
    const prepared = await prepareInput(
      kind,
      { ...input, out: join(temporary, 'out') },
      {
        ...{ folder: temporary, title: 'estimate', taken: new Set(), rois: () => rois },
        // its outputs lie outside of what the user allowed, and are gone afterwards
        confine: undefined,
      },
    );
    const { threads } = prepared;
    const estimate = (await runTask({
      task: 'probe',
      input: { kind, input: prepared },
      signal,
      ...(typeof threads === 'number' ? { threads } : {}),
    })) as DeskOutput<'cost.estimate'>;
    const freeDiskBytes = await freeBytes(folder);
    return { ...estimate, ...(freeDiskBytes === undefined ? {} : { freeDiskBytes }) };
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Of the folder, or of what it will be made in. */
async function freeBytes(folder: string): Promise<number | undefined> {
  const found = await statfs(folder).catch(() => undefined);
  if (found !== undefined) return found.bavail * found.bsize;
  return dirname(folder) === folder ? undefined : freeBytes(dirname(folder));
}
