import { type TuneSettings, tuningOf } from '../../actions/fineTune.ts';
import { defaultTraining, type TrainSettings } from '../../actions/run.ts';
import { setting } from '../../edits/changes.ts';
import type { Workspace } from '../../state/workspaceState.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { type Model, namesTiles, seesTiles } from './useModels.ts';

/** Options of mapping; kept as the setting `map` of the project. */
export type MapOptions = {
  readonly probabilities: boolean;
  readonly score: boolean;
  readonly force: boolean;
  /** Of models that see tiles: mean over all flips and rotations of each. */
  readonly flips: boolean;
  /** Of models that name whole tiles: pixels from one to the next; undefined = their side. */
  readonly stride: number | undefined;
};

const defaultMapping: MapOptions = {
  probabilities: false,
  score: false,
  force: false,
  flips: false,
  stride: undefined,
};

/** Input of `predict` beside model, scene and outputs: what applies to a model. */
export function mapInput(
  { force, flips, stride }: MapOptions,
  model: Model | undefined,
): Record<string, unknown> {
  return {
    ...(force ? { force } : {}),
    ...(flips && seesTiles(model) ? { flips } : {}),
    ...(stride !== undefined && namesTiles(model) ? { stride } : {}),
  };
}

/** Keeps a setting of the project as one edit. */
export function keepSetting(workspace: Workspace, id: string, label: string, value: unknown): void {
  const before = workspace.store.get().document.settings.get(id);
  workspace.edit(label, [setting(id, before, value)]);
}

/** The settings of training and a way to change some of them. */
export function useTraining(): readonly [TrainSettings, (part: Partial<TrainSettings>) => void] {
  const { workspace } = useDesk();
  const row = useWorkspace((state) => state.document.settings.get('train'));
  const settings = { ...defaultTraining, ...(row as Partial<TrainSettings> | undefined) };
  return [
    settings,
    (part) => keepSetting(workspace, 'train', t('Change training'), { ...settings, ...part }),
  ];
}

/** Trains another network from now on; what a network over tiles starts from is none of another's. */
export function chooseNetwork(workspace: Workspace, training: TrainSettings): void {
  const { settings } = workspace.store.get().document;
  const tuning = tuningOf(settings);
  workspace.edit(t('Change training'), [
    setting('train', settings.get('train'), training),
    ...(tuning.init === undefined
      ? []
      : [setting('fineTune', settings.get('fineTune'), { ...tuning, init: undefined })]),
  ]);
}

/** The settings of fine-tuning a network over tiles. */
export function useTuning(): readonly [TuneSettings, (part: Partial<TuneSettings>) => void] {
  const { workspace } = useDesk();
  const row = useWorkspace((state) => state.document.settings.get('fineTune'));
  const settings = tuningOf(new Map([['fineTune', row]]));
  return [
    settings,
    (part) => keepSetting(workspace, 'fineTune', t('Change training'), { ...settings, ...part }),
  ];
}

export function useMapping(): readonly [MapOptions, (part: Partial<MapOptions>) => void] {
  const { workspace } = useDesk();
  const row = useWorkspace((state) => state.document.settings.get('map'));
  const options = { ...defaultMapping, ...(row as Partial<MapOptions> | undefined) };
  return [
    options,
    (part) => keepSetting(workspace, 'map', t('Change mapping'), { ...options, ...part }),
  ];
}

/** Maps with this model from now on. */
export function chooseModel(workspace: Workspace, path: string): void {
  keepSetting(workspace, 'model', t('Choose model'), path);
}
