import type { GalleryModel } from '../../app/contract/desk/models.ts';
import { setting } from '../edits/changes.ts';
import { sceneToMap } from '../state/sceneToMap.ts';
import { t } from '../words/translate.ts';
import type { CommandContext } from './command.ts';
import { isTileModel, type TileModel, tileModelNames } from './tileModels.ts';

export type TuneTask = 'segmentation' | 'scene' | 'multilabel' | 'change';

/** What the fine-tuning form asks for; kept as the setting `fineTune` of the project. */
export type TuneSettings = {
  readonly task: TuneTask;
  /** Where labels come from: the project (ROIs; of change two of its scenes), or a folder of tiles. */
  readonly source: 'project' | 'dataset';
  readonly dataset: string;
  readonly layout: 'auto' | 'folder' | 'eurosat' | 'bigearthnet' | 'segmunich' | 'oscd';
  /** Of change: the two dates, and where change is known: empty for the ROIs of the project. */
  readonly before: string;
  readonly after: string;
  readonly labels: string;
  /** Classes of the ROIs that mean change; all where empty. */
  readonly changed: readonly string[];
  /** Weights of changed and unchanged pixels in the loss. */
  readonly changeWeights: 'published' | 'balanced' | 'none';
  /** Size, or a published recipe. */
  readonly preset: string;
  /** Model or weights to start from. */
  readonly init: string | undefined;
  readonly learns: 'all' | 'head' | 'last' | 'lora';
  readonly blocks: number;
  readonly rank: number;
  /** Undefined: as the recipe says. */
  readonly augment: readonly string[] | undefined;
  readonly epochs: number | undefined;
  readonly tiles: number | undefined;
  readonly batch: number | undefined;
};

const defaultTuning: TuneSettings = {
  task: 'segmentation',
  source: 'project',
  dataset: '',
  layout: 'auto',
  before: '',
  after: '',
  labels: '',
  changed: [],
  changeWeights: 'published',
  preset: 'tiny',
  init: undefined,
  learns: 'all',
  blocks: 2,
  rank: 8,
  augment: undefined,
  epochs: undefined,
  tiles: undefined,
  batch: undefined,
};

export const tuningOf = (settings: ReadonlyMap<string, unknown>): TuneSettings => ({
  ...defaultTuning,
  ...(settings.get('fineTune') as Partial<TuneSettings> | undefined),
});

/** Labels of whole tiles have no place in a project: they come from a folder. */
export const needsDataset = ({ task, source }: TuneSettings): boolean =>
  task === 'scene' || task === 'multilabel' || source === 'dataset';

const tuneText = ({ learns, blocks, rank, init }: TuneSettings, model: TileModel): string => {
  // A part of weights that know nothing cannot learn for the rest.
  if (init === undefined) return 'all';
  if (learns === 'last') return `last:${blocks}`;
  if (learns !== 'lora') return learns;
  // Low-rank additions go to attention, which a ResNet has none of.
  return model === 'resnet50' ? 'all' : `lora:${rank}`;
};

/** Input of `train`, or the sentence that says what is missing. */
export function tuneInput(
  settings: TuneSettings,
  model: TileModel,
  scene: string | undefined,
): Record<string, unknown> | string {
  const { task, preset, init, augment, epochs, tiles, batch } = settings;
  const data = dataOf(settings, scene);
  if (typeof data === 'string') return data;
  return {
    model,
    task,
    ...data,
    ...(task === 'change' ? { changeWeights: settings.changeWeights } : {}),
    preset,
    tune: tuneText(settings, model),
    ...(init === undefined ? {} : { init }),
    ...(augment === undefined ? {} : { augment: augment.length === 0 ? ['none'] : [...augment] }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(tiles === undefined ? {} : { tiles }),
    ...(batch === undefined ? {} : { batch }),
  };
}

function dataOf(
  settings: TuneSettings,
  scene: string | undefined,
): Record<string, unknown> | string {
  const { task, dataset, layout, before, after, labels, changed } = settings;
  if (needsDataset(settings))
    return dataset === '' ? t('Choose the folder of the data set first.') : { dataset, layout };
  if (task === 'change') {
    if (before === '' || after === '' || before === after)
      return t('Choose two different scenes as the two dates.');
    return {
      before: [before],
      after: [after],
      rois: labels === '' ? 'project' : labels,
      ...(changed.length === 0 ? {} : { changed: [...changed] }),
    };
  }
  return scene === undefined
    ? t('There is no scene to train on. Open one first.')
    : { scene: [scene], rois: 'project' };
}

/** Starts the fine-tuning that the form describes. */
export function startFineTuning({ workspace }: CommandContext, model: TileModel): void {
  const settings = tuningOf(workspace.store.get().document.settings);
  const input = tuneInput(settings, model, sceneToMap({ workspace }));
  if (typeof input === 'string') return workspace.notify(input);
  const title = t('Train {model}', { model: `${tileModelNames[model]} (${settings.task})` });
  workspace.store.set({ panel: 'train' });
  workspace
    .saved()
    .then(() => workspace.host.call('job.start', { kind: 'train', title, input }))
    .catch(workspace.report);
}

/** Shows the training form, set to start from a model. */
export function fineTuneFrom({ workspace }: CommandContext, model: GalleryModel): void {
  const { settings } = workspace.store.get().document;
  const { family, path } = model;
  const tiles = isTileModel(family);
  const train = settings.get('train');
  const kind = tiles ? { model: family } : { model: family, init: path };
  workspace.edit(t('Start from {name}', { name: model.name }), [
    setting('train', train, { ...(train as object | undefined), ...kind }),
    ...(tiles
      ? [
          setting('fineTune', settings.get('fineTune'), {
            ...tuningOf(settings),
            init: path,
            ...taskOf(model),
          }),
        ]
      : []),
  ]);
  workspace.store.set({ panel: 'train' });
}

/** A model that has a task goes on with it. */
function taskOf({ task }: GalleryModel): Partial<TuneSettings> {
  return task === 'pixel' || task === 'pretrain' ? {} : { task };
}
