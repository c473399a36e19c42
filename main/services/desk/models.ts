import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import type { ModelCard } from '../../../app/contract/modelCard.ts';
import { AppError } from '../../../app/error.ts';
import { readModelCard } from '../../engines/modelFolder.ts';

type Model = DeskOutput<'model.list'>['models'][number];

/** Models in the project folder, and those that its jobs made or used wherever they are; newest first. */
export async function listModels(folder: string, jobs: readonly JobRecord[]): Promise<Model[]> {
  const inside = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const named = jobs.flatMap(({ kind, input }) => [
    kind === 'train' ? input['out'] : undefined,
    kind === 'predict' ? input['model'] : input['init'],
  ]);
  const folders = new Set([
    ...inside.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)),
    ...named.filter((path) => typeof path === 'string').map((path) => resolve(path)),
  ]);
  const withBaselines = [...folders].flatMap((path) => [path, join(path, 'baseline')]);
  const models = await Promise.all(withBaselines.map(describe));
  return models
    .filter((model) => model !== undefined)
    .toSorted((a, b) => compare(b.created ?? '', a.created ?? '') || compare(a.path, b.path));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Undefined where there is no model: not made yet, moved away, or damaged (then using it says how). */
async function describe(path: string): Promise<Model | undefined> {
  try {
    const card = await readModelCard(path);
    const { mtime } = await stat(join(path, 'model.json'));
    return modelOf(path, card, mtime.toISOString());
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

function modelOf(path: string, card: ModelCard, written: string): Model {
  const { name, title, family, created = written, bands, classes, figures } = card;
  return {
    path,
    name,
    title,
    family,
    created,
    bands: bands.length,
    classes: classes.map((landClass) => ({ value: landClass.value, name: landClass.name })),
    figures: Object.fromEntries(
      Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined),
    ),
  };
}
