import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Input } from '../../../app/contract/api.ts';
import type { batchCalls } from '../../../app/contract/desk/batch.ts';
import type { DeskHandlers } from '../../../app/contract/deskApi.ts';
import type { ProgressEvent } from '../../../app/contract/events.ts';
import { phraseError } from '../../../app/error.ts';
import { phrase } from '../../../app/phrase.ts';
import { writeError, writeFileAtomic } from '../../atomicFile.ts';
import { readRecipe } from '../batch/readRecipe.ts';
import type { CallOptions } from '../callContext.ts';
import type { BatchFollower } from './batchFollower.ts';
import { inDeskError } from './batchWords.ts';
import { recipeText } from './recipeInput.ts';

export function createBatchHandlers(
  follower: BatchFollower,
): Pick<DeskHandlers, keyof typeof batchCalls> {
  return {
    'batch.scenes': (asked) => follower.scenes(asked),
    'recipe.read': async ({ path }) => ({ recipe: await readRecipe(path) }),
    'recipe.write': async ({ path, recipe, overwrite }) => {
      if (!overwrite && existsSync(path))
        throw phraseError(
          'not-writable',
          [phrase('{path} exists already. Choose another name, or replace it.', { path })],
          { path },
        );
      try {
        await mkdir(dirname(path), { recursive: true });
        await writeFileAtomic(path, recipeText('batch', recipe));
      } catch (error) {
        throw writeError(error, path);
      }
      return { path };
    },
  };
}

/** Runs a batch so that the follower knows its scenes, and says in the window's words what ended it. */
export async function followBatch<Result>(
  follower: BatchFollower,
  input: Pick<Input<'batch'>, 'fresh'> & { readonly out: string },
  {
    options,
    run,
  }: { readonly options: CallOptions; readonly run: (options: CallOptions) => Promise<Result> },
): Promise<Result> {
  const { tell } = await follower.begin(input.out, input.fresh);
  const onEvent = (event: ProgressEvent): void => {
    if (event.kind === 'scene') tell(event.scene);
    options.onEvent?.(event);
  };
  try {
    return await run({ ...options, onEvent });
  } catch (error) {
    throw inDeskError(error);
  } finally {
    await follower.end(input.out);
  }
}
