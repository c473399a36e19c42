import { pretrainRecipe } from '../../../app/contract/pretrainRecipe.ts';
import { AppError } from '../../../app/error.ts';
import { writeFileAtomic } from '../../atomicFile.ts';

/**
 * A recipe of pre-training that a job's input holds itself is given to the call as the file that a command line would name.
 * @param beside the job's first output, whose name the file gets
 * @returns what writes the file; undefined where the recipe is a file already, or there is none
 * @throws AppError `usage` for stages that are none
 */
export function recipeAsFile(
  input: Record<string, unknown>,
  beside: string,
): (() => Promise<void>) | undefined {
  const { recipe } = input;
  if (recipe === undefined || typeof recipe === 'string') return undefined;
  const parsed = pretrainRecipe.safeParse(recipe);
  if (!parsed.success)
    throw new AppError(
      'usage',
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  const path = `${beside}-recipe.json`;
  input['recipe'] = path;
  return () => writeFileAtomic(path, `${JSON.stringify(parsed.data, undefined, 2)}\n`);
}
