import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { keepSetting } from '../train/settings.ts';

/** What the change panel asks for; kept as the setting `change` of the project. Empty: not chosen. */
export type ChangeSettings = {
  readonly before: string;
  readonly after: string;
  readonly model: string;
  /** From-to classes: none, from class maps, or from a model that maps both dates. */
  readonly classes: 'none' | 'maps' | 'model';
  readonly beforeMap: string;
  readonly afterMap: string;
  readonly classesModel: string;
  /** Absent: that of the model. */
  readonly threshold?: number | undefined;
  /** Hectares, or pixels where the scenes have no place. */
  readonly minimumArea: number;
  readonly normalise: boolean;
  readonly polygons: boolean;
  /** Mean over all flips and rotations of each tile. */
  readonly flips: boolean;
};

const defaults: ChangeSettings = {
  before: '',
  after: '',
  model: '',
  classes: 'none',
  beforeMap: '',
  afterMap: '',
  classesModel: '',
  minimumArea: 0,
  normalise: false,
  polygons: false,
  flips: false,
};

export type ChangeTheSettings = (part: Partial<ChangeSettings>) => void;

export function useChangeSettings(): readonly [ChangeSettings, ChangeTheSettings] {
  const { workspace } = useDesk();
  const row = useWorkspace((state) => state.document.settings.get('change'));
  const settings = { ...defaults, ...(row as Partial<ChangeSettings> | undefined) };
  return [
    settings,
    (part) =>
      keepSetting(workspace, 'change', t('Change settings of the change map'), {
        ...settings,
        ...part,
      }),
  ];
}

/** What keeps the settings from being a run, as a sentence; undefined where nothing does. */
export function problemOf(settings: ChangeSettings): string | undefined {
  const { before, after, model, classes, beforeMap, afterMap, classesModel } = settings;
  if (before === '' || after === '' || before === after)
    return t('Choose two different scenes as the two dates.');
  if (model === '') return t('Choose a model of change.');
  if (classes === 'maps' && (beforeMap === '' || afterMap === ''))
    return t('Choose a class map of each date.');
  if (classes === 'model' && classesModel === '')
    return t('Choose the model that maps the classes of both dates.');
  return undefined;
}

/** Input of `change`; files are named after the title by the host. */
export function changeInput(settings: ChangeSettings, title: string): Record<string, unknown> {
  const { before, after, model, classes, threshold, minimumArea, normalise, polygons } = settings;
  return {
    model,
    before,
    after,
    ...(threshold === undefined ? {} : { threshold }),
    minimumArea,
    normalise,
    flips: settings.flips,
    report: `${title}.html`,
    ...(polygons ? { vector: `${title}.gpkg` } : {}),
    ...(classes === 'maps' ? { beforeMap: settings.beforeMap, afterMap: settings.afterMap } : {}),
    ...(classes === 'model' ? { classesModel: settings.classesModel } : {}),
  };
}
