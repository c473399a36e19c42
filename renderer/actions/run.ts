import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { sceneToMap } from '../state/sceneToMap.ts';
import { viewStore } from '../state/view.ts';
import { t } from '../words/translate.ts';
import type { CommandContext } from './command.ts';
import { startFineTuning } from './fineTune.ts';
import { isTileModel, type TileModel } from './tileModels.ts';

/** What the training panel asks for; kept as a setting of the project. Networks over tiles have settings of their own (fineTune.ts). */
export type TrainSettings = {
  readonly model: 'spectralmamba' | 'forest' | TileModel;
  readonly preset: 'prismap' | 'paper';
  readonly patch: 1 | 3;
  readonly epochs: number | undefined;
  readonly split: 'block' | 'random';
  readonly skipBands: readonly string[];
  /** Model to start from. */
  readonly init: string | undefined;
};

export const defaultTraining: TrainSettings = {
  model: 'spectralmamba',
  preset: 'prismap',
  patch: 1,
  epochs: undefined,
  split: 'block',
  skipBands: ['auto'],
  init: undefined,
};

export const trainInput = (settings: TrainSettings, scene: string): Record<string, unknown> => {
  const { epochs, init, skipBands, patch, ...rest } = settings;
  return {
    ...rest,
    scene: [scene],
    rois: 'project',
    skipBands: [...skipBands],
    ...(settings.model === 'forest' ? {} : { patch }),
    ...(epochs === undefined ? {} : { epochs }),
    ...(init === undefined ? {} : { init }),
  };
};

export function trainModel(context: CommandContext): void {
  const { workspace } = context;
  const settings = {
    ...defaultTraining,
    ...(workspace.store.get().document.settings.get('train') as Partial<TrainSettings> | undefined),
  };
  if (isTileModel(settings.model)) return startFineTuning(context, settings.model);
  const scene = sceneToMap({ workspace });
  if (scene === undefined)
    return workspace.notify(t('There is no scene to train on. Open one first.'));
  const title = t('Train {model}', {
    model: settings.model === 'forest' ? t('random forest') : 'SpectralMamba',
  });
  // At once: whoever turns to another panel meanwhile stays there.
  workspace.store.set({ panel: 'train' });
  workspace
    .saved()
    .then(() =>
      workspace.host.call('job.start', {
        kind: 'train',
        title,
        input: trainInput(settings, scene),
      }),
    )
    .catch(workspace.report);
}

/** The pixels of the scene that are in view: x, y, width, height. */
function windowInView(info: {
  width: number;
  height: number;
  geotransform?: number[] | undefined;
  bounds: readonly number[];
}): readonly number[] | undefined {
  const { extent } = viewStore.get();
  const t6 = info.geotransform;
  if (extent === undefined) return undefined;
  const [px, py] = t6 === undefined ? [1, 1] : [Math.abs(t6[1]!), Math.abs(t6[5]!)];
  const [minX, , , maxY] = info.bounds;
  const x0 = Math.max(0, Math.floor((extent[0] - minX!) / px));
  const y0 = Math.max(0, Math.floor((maxY! - extent[3]) / py));
  const x1 = Math.min(info.width, Math.ceil((extent[2] - minX!) / px));
  const y1 = Math.min(info.height, Math.ceil((maxY! - extent[1]) / py));
  return x1 <= x0 || y1 <= y0 ? undefined : [x0, y0, x1 - x0, y1 - y0];
}

type Part = 'view' | 'scene' | 'rois';

/** What of a scene is mapped, as input of `predict`; the sentence that says why it cannot be. */
function partInput(
  { workspace }: Pick<CommandContext, 'workspace'>,
  part: Part,
  info: SceneInfo,
): Record<string, unknown> | string {
  const { selectedRois } = workspace.store.get();
  if (part === 'scene') return {};
  if (part === 'view') {
    const window = windowInView(info);
    return window === undefined ? t('The scene is not in view. Zoom to it first.') : { window };
  }
  if (selectedRois.size === 0) return t('No ROI is selected. Select the ones to map within.');
  return { within: { rois: [...selectedRois] } };
}

/** The model chosen for mapping, else the newest that was trained. */
export function modelToUse({ workspace }: Pick<CommandContext, 'workspace'>): string | undefined {
  const { document, jobs } = workspace.store.get();
  const trained = jobs.find(({ kind, state }) => kind === 'train' && state === 'done');
  const model = document.settings.get('model') ?? trained?.result?.['model'];
  return typeof model === 'string' ? model : undefined;
}

/** Starts a job that maps a part of the scene. */
export function mapScene(
  { workspace }: Pick<CommandContext, 'workspace'>,
  part: Part,
  options: Record<string, unknown> = {},
): void {
  const scene = sceneToMap({ workspace });
  const entry = workspace.store.get().scenes.get(scene ?? '');
  const model = modelToUse({ workspace });
  if (scene === undefined || entry?.state !== 'open')
    return workspace.notify(t('There is no scene to map. Open one first.'));
  if (model === undefined)
    return workspace.notify(
      t('There is no model yet. Train one first, or choose one in the panel.'),
    );
  const wanted = partInput({ workspace }, part, entry.info);
  if (typeof wanted === 'string') return workspace.notify(wanted);
  const name = entry.info.name.replace(/\.[a-z0-9]{1,5}$/i, '');
  const title = part === 'view' ? t('Map view of {name}', { name }) : t('Map {name}', { name });
  const input = { model, scene, ...wanted, ...options };
  workspace
    .saved()
    .then(() =>
      workspace.host.call('job.start', { kind: 'predict', title, input, first: part === 'view' }),
    )
    .catch(workspace.report);
}
