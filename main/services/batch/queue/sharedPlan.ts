import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { batchRecipe } from '../../../../app/contract/batchRecipe.ts';
import { AppError } from '../../../../app/error.ts';
import { writeFileAtomic } from '../../../atomicFile.ts';
import { programCode } from '../../../programCode.ts';
import { programVersion } from '../../../version.ts';
import { type BatchPlan, modelFiles, modelHashes } from '../batchPlan.ts';
import { ownNames } from '../outputNames.ts';
import { isList } from '../sceneAddresses.ts';

const version = 1;
/** What a batch tells its workers, in the folder of results that they share. */
const fileName = 'shared.json';

const shared = z.strictObject({
  version: z.int(),
  /** What made it: maps of other sources have other bytes, for their records name them. */
  program: z.strictObject({ version: z.string(), code: z.string() }),
  /** Names the batch in the queue. */
  id: z.uuid(),
  /** Seals all messages of the batch. */
  key: z.string().regex(/^[0-9a-f]{64}$/),
  /** Folder of scenes, or the list of their addresses, as the machine of the batch sees it. */
  folder: z.string().min(1),
  /** Scenes lie on servers. */
  list: z.boolean(),
  /** Folder of results as that machine sees it, and the way from there to the scenes. */
  out: z.string().min(1),
  toScenes: z.string(),
  model: z.strictObject({ name: z.string(), hashes: z.record(z.string(), z.string()) }),
  recipe: batchRecipe,
});

export type SharedPlan = z.output<typeof shared>;

/**
 * Writes what workers have to know, under the name and key that it had before where the batch goes on.
 * @throws AppError `not-writable`, `disk-full`
 */
export async function sharePlan(plan: BatchPlan, fresh: boolean): Promise<SharedPlan> {
  const path = join(plan.out, ownNames.state, fileName);
  const before = fresh ? undefined : await read(path).catch(() => undefined);
  const { threads: _, ...settings } = plan.recipe.settings;
  const value: SharedPlan = {
    version,
    program: { version: programVersion(), code: programCode() },
    id: before?.id ?? randomUUID(),
    key: before?.key ?? randomBytes(32).toString('hex'),
    folder: plan.folder,
    list: await isList(plan.folder),
    out: plan.out,
    toScenes: plan.toScenes,
    model: { name: plan.model.name, hashes: plan.identity.model },
    recipe: { ...plan.recipe, settings },
  };
  // nobody else is to read the key
  await writeFileAtomic(path, JSON.stringify(value), undefined, 0o600);
  return value;
}

/** @throws AppError `not-found`, `not-readable`, `corrupt`, `newer-version` */
export async function readSharedPlan(out: string): Promise<SharedPlan> {
  const path = join(out, ownNames.state, fileName);
  try {
    return await read(path);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new AppError(
        'not-found',
        `The batch of this queue writes into ${out}, which this machine does not see (there is no ${path}). Say with --out where that folder lies here.`,
        { path },
      );
    throw new AppError(
      'not-readable',
      `${path} cannot be read (${code}). The worker has to run under the same user as the batch, or one that may read and write there.`,
      { path },
    );
  }
}

async function read(path: string): Promise<SharedPlan> {
  const text = await readFile(path, 'utf8');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const found = z.looseObject({ version: z.int() }).safeParse(value).data?.version;
  if (found !== undefined && found > version)
    throw new AppError(
      'newer-version',
      `${path} was made by a newer Prismap. Update Prismap on this machine.`,
      { path },
    );
  const parsed = shared.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'corrupt',
    `${path} is not what a batch writes. Start the batch again: it writes it anew.`,
    { path },
  );
}

/** @throws AppError `conflict` where the batch was started by another Prismap than this one */
export function checkProgram({ program }: SharedPlan): void {
  if (program.code === programCode()) return;
  const here = programVersion();
  const versions =
    program.version === here
      ? `are of version ${here}, but of other sources`
      : `are of versions ${program.version} and ${here}`;
  throw new AppError(
    'conflict',
    `The batch and this worker ${versions}, so their maps would differ. Install the same Prismap on both machines.`,
    { batch: program.version, worker: here },
  );
}

/**
 * Two machines with other weights would make one batch of two models.
 * @throws AppError `not-found`, `conflict`
 */
export async function checkModel(folder: string, { model }: SharedPlan): Promise<void> {
  if ((await stat(folder).catch(() => undefined))?.isDirectory() !== true)
    throw new AppError(
      'not-found',
      `The batch maps with the model ${folder}, which this machine does not see. Say with --model where it lies here.`,
      { path: folder },
    );
  const hashes = await modelHashes(folder);
  const differing = modelFiles.filter((name) => hashes[name] !== model.hashes[name]);
  if (differing.length > 0)
    throw new AppError(
      'conflict',
      `${folder} is another model than that of the batch: ${differing.join(' and ')} ${differing.length === 1 ? 'differs' : 'differ'}. Copy the model of the batch to this machine, or name it with --model.`,
      { path: folder, differing },
    );
}
