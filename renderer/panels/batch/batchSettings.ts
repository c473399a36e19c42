import type { BatchRecipe } from '../../../app/contract/batchRecipe.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { keepSetting } from '../train/settings.ts';

/** What the batch panel asks for; kept as the setting `batch` of the project. */
export type BatchSettings = {
  readonly folder: string;
  /** Of the results; empty: a folder among the scenes. */
  readonly out: string;
  /** Patterns as they are typed, with commas between them. */
  readonly pattern: string;
  readonly exclude: string;
  readonly first: string;
  readonly jobs: number;
  readonly onError: 'skip' | 'stop';
  readonly retries: number;
  readonly watch: boolean;
  readonly settle: number;
  readonly fresh: boolean;
  readonly recipe: BatchRecipe;
};

const defaults: BatchSettings = {
  folder: '',
  out: '',
  pattern: '',
  exclude: '',
  first: '',
  jobs: 1,
  onError: 'skip',
  retries: 1,
  watch: false,
  settle: 10,
  fresh: false,
  recipe: {
    model: '',
    settings: { flips: false, compression: 'deflate', force: false },
    postprocess: {},
    outputs: { map: '{folder}/{name}.tif' },
    stac: true,
    mosaic: true,
  },
};

export type ChangeBatch = (part: Partial<BatchSettings>) => void;

export function useBatch(): readonly [BatchSettings, ChangeBatch] {
  const { workspace } = useDesk();
  const row = useWorkspace((state) => state.document.settings.get('batch'));
  const settings = { ...defaults, ...(row as Partial<BatchSettings> | undefined) };
  return [
    settings,
    (part) => keepSetting(workspace, 'batch', t('Change batch'), { ...settings, ...part }),
  ];
}

/** Where the results go. */
export const outOf = ({ folder, out }: BatchSettings): string =>
  out !== '' || folder === '' ? out : `${folder.replace(/[/\\]$/, '')}/prismap-maps`;

/** What keeps the settings from being a batch, as a sentence; undefined where nothing does. */
export function problemOf(settings: BatchSettings): string | undefined {
  const { folder, recipe } = settings;
  if (folder === '') return t('Choose the folder that holds the scenes first.');
  if (outOf(settings) === folder)
    return t('Scenes and results need a folder each. Choose another one for the results.');
  if (recipe.model === '')
    return t('There is no model that maps scenes yet. Train one, or add one to the gallery.');
  return undefined;
}

const patternsOf = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');

/** Input of `batch`; the host writes the recipe as a file. */
export function batchInput(settings: BatchSettings, check: boolean): Record<string, unknown> {
  const { pattern, exclude, first, watch, ...rest } = settings;
  return {
    ...rest,
    out: outOf(settings),
    ...{ pattern: patternsOf(pattern), exclude: patternsOf(exclude), first: patternsOf(first) },
    ...(check ? { check, fresh: false } : { watch }),
  };
}

/** Patterns with one more: this scene and no other that is like it. */
export function withScene(patterns: string, scene: string): string {
  const exactly = scene.replace(/[*?[\]{}!()\\,]/g, '?');
  return [...patternsOf(patterns), exactly].join(', ');
}

const kinds = ['score', 'probabilities', 'vector', 'preview'] as const;
export type ExtraOutput = (typeof kinds)[number];

/** How an output beside the map is called. */
function nameBeside(map: string, kind: ExtraOutput): string {
  const stem = map.replace(/\.tiff?$/i, '');
  if (kind === 'vector') return `${stem}.gpkg`;
  return kind === 'preview' ? `${stem}.png` : `${stem}-${kind}.tif`;
}

/** Outputs with or without one more beside the map. */
export function withOutput(
  outputs: BatchRecipe['outputs'],
  kind: ExtraOutput,
  wanted: boolean,
): BatchRecipe['outputs'] {
  const { [kind]: _, ...rest } = outputs;
  return wanted ? { ...rest, [kind]: nameBeside(outputs.map, kind) } : rest;
}

/** Outputs with another name of the maps; what was called after them still is. */
export function withMapName(outputs: BatchRecipe['outputs'], map: string): BatchRecipe['outputs'] {
  const named = { ...outputs, map };
  for (const kind of kinds)
    if (outputs[kind] === nameBeside(outputs.map, kind)) named[kind] = nameBeside(map, kind);
  return named;
}

/** What a recipe file may set and the form does not show. */
export const hiddenSettings = ({ settings }: BatchRecipe): string[] =>
  (['window', 'within', 'stride', 'engine', 'threads'] as const).filter(
    (key) => settings[key] !== undefined,
  );
