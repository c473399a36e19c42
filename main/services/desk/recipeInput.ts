import { readFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { batchRecipe } from '../../../app/contract/batchRecipe.ts';
import type { JobKind } from '../../../app/contract/desk/jobs.ts';
import { pretrainRecipe } from '../../../app/contract/pretrainRecipe.ts';
import { AppError } from '../../../app/error.ts';
import { writeFileAtomic } from '../../atomicFile.ts';
import type { Confine } from './confine.ts';

/** Recipes that a window fills in, and the ending of the file that a command line would name. */
const recipes = {
  pretrain: { schema: pretrainRecipe, ending: '-recipe.json' },
  batch: { schema: batchRecipe, ending: ' recipe.yaml' },
} as const;

/** A recipe as the text of its file. */
export const recipeText = (kind: keyof typeof recipes, recipe: unknown): string =>
  kind === 'batch' ? stringify(recipe) : `${JSON.stringify(recipe, undefined, 2)}\n`;

/**
 * A recipe that a job's input holds itself is given to the call as the file that a command line would name.
 * @param beside what the file is named after: the job's first output
 * @param confine looks at the files that the recipe names
 * @returns what writes the file; undefined where the recipe is a file already, or there is none
 * @throws AppError `usage` for a recipe that is none; of `confine`
 */
export async function recipeAsFile(
  kind: JobKind,
  input: Record<string, unknown>,
  { beside, confine }: { readonly beside: string; readonly confine: Confine | undefined },
): Promise<(() => Promise<void>) | undefined> {
  const { recipe } = input;
  if (recipe === undefined || typeof recipe === 'string' || !isRecipeKind(kind)) return undefined;
  const { schema, ending } = recipes[kind];
  const parsed = schema.safeParse(recipe);
  if (!parsed.success)
    throw new AppError(
      'usage',
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '),
    );
  await confine?.(schema, parsed.data);
  const text = recipeText(kind, parsed.data);
  const path = await fileOf(text, (number) => `${beside}${number}${ending}`);
  input['recipe'] = path;
  return () => writeFileAtomic(path, text);
}

const isRecipeKind = (kind: JobKind): kind is keyof typeof recipes => Object.hasOwn(recipes, kind);

/** The first name that nothing has but the same text: another job may still need what is there. */
async function fileOf(text: string, name: (number: string) => string): Promise<string> {
  for (let number = 1; ; number++) {
    const path = name(number === 1 ? '' : ` ${number}`);
    const found = await readFile(path, 'utf8').catch(() => undefined);
    if (found === undefined || found === text) return path;
  }
}
