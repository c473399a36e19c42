import { mkdir, realpath, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Input } from '../../../app/contract/api.ts';
import type { BatchRecipe } from '../../../app/contract/batchRecipe.ts';
import { AppError } from '../../../app/error.ts';
import type { ClassScheme } from '../../../app/vector/roi.ts';
import { writeError } from '../../atomicFile.ts';
import { readAnyCard } from '../../engines/anyModelCard.ts';
import type { BatchQueue } from '../../store/batchQueue.ts';
import { hashOfKnown } from '../../workers/hashFile.ts';
import { ownNames } from './outputNames.ts';
import { readRecipe } from './readRecipe.ts';
import { isList } from './sceneAddresses.ts';

/** All that a batch is, before it looks at scenes. */
export type BatchPlan = {
  readonly input: Input<'batch'>;
  readonly recipe: BatchRecipe;
  /** Of scenes, or the list of their addresses. */
  readonly folder: string;
  readonly out: string;
  /** The way from the results to the scenes, with `/`. */
  readonly toScenes: string;
  /** Of the model. */
  readonly model: { readonly name: string; readonly title: string; readonly classes: ClassScheme };
  /** Whether a part of a map can be computed without the rest. */
  readonly divisible: boolean;
  /** What decides the pixels of every map. */
  readonly identity: BatchIdentity;
};

type BatchIdentity = {
  readonly folder: string;
  readonly model: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly postprocess: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly stac: boolean;
};

/** @throws AppError `usage`, `not-found`, `bad-weights`, `not-writable` */
export async function planBatch(input: Input<'batch'>): Promise<BatchPlan> {
  const read = await readRecipe(input.recipe);
  const { engine = read.settings.engine } = input;
  const threads = input.threads ?? read.settings.threads ?? threadsOf(input.jobs);
  const recipe = { ...read, settings: { ...read.settings, engine, threads } };
  const card = await readAnyCard(recipe.model);
  const folder = resolve(input.folder);
  const beside = (await isList(folder)) ? dirname(folder) : folder;
  const out = resolve(input.out ?? join(beside, 'prismap-maps'));
  try {
    await mkdir(join(out, ownNames.state), { recursive: true });
  } catch (error) {
    throw writeError(error, out);
  }
  if ((await realpath(out)) === (await realpath(folder).catch(() => folder)))
    throw new AppError(
      'usage',
      `${out} is the folder of scenes itself. Choose another --out, so that maps and scenes stay apart.`,
    );
  const { threads: _, ...settings } = recipe.settings;
  const classes = card.classes.map(({ value, name, color }) => ({ value, name, color }));
  return {
    ...{ input, recipe, folder, out },
    toScenes: relative(out, folder).split(sep).join('/'),
    divisible: !('config' in card && 'task' in card.config) || card.config.task === 'segmentation',
    model: { name: basename(recipe.model), title: card.title, classes },
    identity: {
      folder,
      model: await modelHashes(recipe.model),
      settings: plain(settings),
      postprocess: plain(recipe.postprocess),
      outputs: plain(recipe.outputs),
      stac: recipe.stac,
    },
  };
}

/** Several engines that each take all cores stand in each other's way. */
const threadsOf = (jobs: number): number | undefined =>
  jobs > 1 ? Math.max(1, Math.floor(availableParallelism() / jobs)) : undefined;

/** As it comes back from JSON. */
const plain = (value: unknown): Record<string, unknown> =>
  JSON.parse(JSON.stringify(value)) as Record<string, unknown>;

/** The files that are a model. */
export const modelFiles = ['model.json', 'weights.safetensors'] as const;

/** SHA-256 of each file of a model. */
export async function modelHashes(model: string): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const name of modelFiles) {
    const path = join(model, name);
    hashes[name] = await hashOfKnown(path, await stat(path), new AbortController().signal);
  }
  return hashes;
}

/**
 * Makes the queue that of this batch, or goes on with it; true where it begins anew.
 * @throws AppError `conflict` where the folder holds results of another batch
 */
export function claimQueue(queue: BatchQueue, { identity, input, out }: BatchPlan): boolean {
  const before = queue.recipe as BatchIdentity | undefined;
  if (before === undefined || input.fresh) {
    queue.restart(identity);
    return true;
  }
  const differing = Object.entries(identity)
    .filter(([key, value]) => !isDeepStrictEqual(value, before[key as keyof BatchIdentity]))
    .map(([key]) => key);
  if (differing.length === 0) return false;
  throw new AppError(
    'conflict',
    `${out} holds the results of another batch: ${differing.join(', ')} ${differing.length === 1 ? 'differs' : 'differ'}. Choose another folder with --out, or add --fresh to map all scenes anew.`,
    { differing },
  );
}
