import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { GalleryModel } from '../../../app/contract/desk/models.ts';
import type { ModelCard } from '../../../app/contract/modelCard.ts';
import type { TileModelCard } from '../../../app/contract/tileModelCard.ts';
import { AppError } from '../../../app/error.ts';
import { tileFamilyNames } from '../../../app/model/tileNetwork.ts';
import { readAnyCard } from '../../engines/anyModelCard.ts';
import { weightsCard, weightsCardName } from './weightsCard.ts';

/**
 * Models and imported weights in the project folder, those that its jobs made or used, and those of the folders `also`;
 * newest first.
 */
export async function listModels(
  folder: string,
  jobs: readonly JobRecord[],
  also: readonly string[] = [],
): Promise<GalleryModel[]> {
  const inside = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const named = jobs.flatMap(({ kind, input }) => [
    kind === 'train' || kind === 'pretrain' ? input['out'] : undefined,
    kind === 'predict' || kind === 'change' ? input['model'] : input['init'],
  ]);
  const folders = new Set([
    ...inside.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)),
    ...named.filter((path) => typeof path === 'string').map(folderOf),
    ...also.map((path) => resolve(path)),
  ]);
  const withBaselines = [...folders].flatMap((path) => [path, join(path, 'baseline')]);
  const models = await Promise.all(withBaselines.map(describe));
  return models
    .filter((model) => model !== undefined)
    .toSorted((a, b) => compare(b.created ?? '', a.created ?? '') || compare(a.path, b.path));
}

/** Fine-tuning starts from a folder, or from the file in one. */
const folderOf = (path: string): string =>
  /\.safetensors$/i.test(path) ? dirname(resolve(path)) : resolve(path);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Undefined where there is no model: not made yet, moved away, or damaged (then using it says how). */
async function describe(path: string): Promise<GalleryModel | undefined> {
  const weights = join(path, 'weights.safetensors');
  try {
    const imported = await describeWeights(path, weights);
    if (imported !== undefined) return imported;
    const card = await readAnyCard(path);
    const { mtime } = await stat(join(path, 'model.json'));
    const bytes = await sizeOf(weights);
    return { ...modelOf(card, mtime.toISOString()), path, ...(bytes === 0 ? {} : { bytes }) };
  } catch (error) {
    if (error instanceof AppError) return undefined;
    throw error;
  }
}

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

function modelOf(card: ModelCard | TileModelCard, written: string): Omit<GalleryModel, 'path'> {
  const { name, title, family, preset, bands, classes, figures, resolution, licence } = card;
  return {
    kind: 'model',
    name,
    title,
    family,
    task: 'task' in card.config ? card.config.task : 'pixel',
    created: ('created' in card ? card.created : undefined) ?? written,
    bands: bands.length,
    classes: classes.map((landClass) => ({ value: landClass.value, name: landClass.name })),
    figures: Object.fromEntries(
      Object.entries(figures).filter((entry): entry is [string, number] => entry[1] !== undefined),
    ),
    licence,
    ...(preset === undefined ? {} : { preset }),
    ...(resolution === undefined ? {} : { resolution }),
    ...startOf(card),
  };
}

function startOf(
  card: ModelCard | TileModelCard,
): Pick<GalleryModel, 'tile' | 'start' | 'threshold'> {
  const { config, training } = card;
  const threshold = 'threshold' in card ? card.threshold : undefined;
  const start = 'start' in training ? training.start : undefined;
  return {
    ...('imageSize' in config ? { tile: config.imageSize } : {}),
    ...(threshold === undefined ? {} : { threshold }),
    ...(start === undefined ? {} : { start }),
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Weights without a model card, as `weights.import` left them. */
async function describeWeights(folder: string, file: string): Promise<GalleryModel | undefined> {
  const text = await readFile(join(folder, weightsCardName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const parsed = weightsCard.safeParse(jsonOf(text));
  const bytes = await sizeOf(file);
  if (!parsed.success || bytes === 0) return undefined;
  const { name, network, imported, source, licence } = parsed.data;
  return {
    path: file,
    kind: 'weights',
    name,
    title: network.family === 'spectralgpt' ? 'SpectralGPT' : tileFamilyNames[network.family],
    family: network.family,
    task: 'pretrain',
    created: imported,
    bands: network.bands,
    classes: [],
    figures: {},
    bytes,
    start: source,
    licence,
    ...(network.tile === undefined ? {} : { tile: network.tile }),
    ...(network.size === undefined ? {} : { preset: network.size }),
  };
}
