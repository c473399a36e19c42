import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import {
  type BatchRecipe,
  batchRecipe,
  type OutputTemplates,
} from '../../../app/contract/batchRecipe.ts';
import { AppError } from '../../../app/error.ts';
import { refuseSpecialFile } from '../../specialFile.ts';
import { checkTemplate } from './outputNames.ts';

/** Recipes are short; what is longer is another file that was named by mistake, or nested to take minutes and memory. */
const mostBytes = 2 ** 16;

/**
 * Reads a recipe (YAML or JSON). Paths in it count from its own folder.
 * @throws AppError `not-found`, `not-readable`; `usage` that names the key, what was found and what is needed
 */
export async function readRecipe(path: string): Promise<BatchRecipe> {
  const value = parse(path, await text(path));
  const parsed = batchRecipe.safeParse(value);
  if (!parsed.success) throw bad(path, explain(parsed.error.issues[0]!, value));
  const recipe = parsed.data;
  for (const [kind, template] of Object.entries(recipe.outputs))
    if (template !== undefined)
      try {
        checkTemplate(kind as keyof OutputTemplates, template);
      } catch (error) {
        throw bad(path, (error as Error).message);
      }
  const place = (uri: string): string => (/^https?:/.test(uri) ? uri : resolve(dirname(path), uri));
  const { within } = recipe.settings;
  return {
    ...recipe,
    model: place(recipe.model),
    settings: { ...recipe.settings, ...(within === undefined ? {} : { within: place(within) }) },
  };
}

async function text(path: string): Promise<string> {
  try {
    await refuseSpecialFile(path);
    const bytes = await readFile(path);
    if (bytes.length <= mostBytes) return bytes.toString('utf8');
    throw bad(path, `has ${bytes.length} bytes, which no recipe needs`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT'
      ? new AppError('not-found', `There is no recipe ${path}. Check the name.`, { path })
      : new AppError('not-readable', `The recipe ${path} cannot be read (${code}).`, { path });
  }
}

function parse(path: string, source: string): unknown {
  let value: unknown;
  try {
    value = parseYaml(source, { maxAliasCount: 100 });
  } catch (error) {
    throw bad(path, `is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  const found = Array.isArray(value) ? 'a list' : value == null ? 'nothing' : `a ${typeof value}`;
  throw bad(path, `holds ${found}; needed are keys and values, at least "model: FOLDER"`);
}

const bad = (path: string, problem: string): AppError =>
  new AppError('usage', `The recipe ${path}: ${problem}.`, { path });

type Issue = z.core.$ZodIssue;

/** One sentence about what does not fit: key, found, needed. */
function explain(issue: Issue, value: unknown): string {
  const key = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    const where = issue.path.length === 0 ? 'there' : `under "${key}"`;
    const names = issue.keys.map((name) => `"${name}"`).join(', ');
    return `${names} is not known; ${where} may stand ${knownKeys(issue.path).join(', ')}`;
  }
  const found = issue.path.reduce<unknown>(
    (at, part) => (at as Record<PropertyKey, unknown> | undefined)?.[part],
    value,
  );
  const needed = issue.message.replace(/^Invalid \w+: /, '').replace(/, received.*$/, '');
  return found === undefined
    ? `"${key}" is missing; needed is ${needed.replace(/^expected /, 'a ')}`
    : `"${key}" is ${JSON.stringify(found).slice(0, 100)}; ${needed}`;
}

/** Keys that the schema has at a place. */
function knownKeys(path: readonly PropertyKey[]): string[] {
  type Schema = { readonly properties?: Readonly<Record<string, Schema>> };
  let at: Schema | undefined = z.toJSONSchema(batchRecipe, { io: 'input' }) as Schema;
  for (const part of path) at = at?.properties?.[String(part)];
  return Object.keys(at?.properties ?? {});
}
