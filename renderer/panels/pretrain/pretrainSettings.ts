import type { PretrainStage } from '../../../app/contract/pretrainRecipe.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { keepSetting } from '../train/settings.ts';

/** A row of the table of stages: fields of the recipe that are left out are as in the form above. */
export type StageRow = Pick<PretrainStage, 'imageSize' | 'resolution' | 'region' | 'epochs'> & {
  readonly id: string;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
};

/** What the pre-training panel asks for; kept as the setting `pretrain` of the project. */
export type PretrainSettings = {
  readonly scenes: string;
  readonly preset: 'tiny' | 'base' | 'large' | 'huge';
  readonly loss: 'two-target' | 'three-target';
  /** Share of the tokens taken out. */
  readonly maskRatio: number;
  readonly init: string | undefined;
  readonly epochs: number | undefined;
  readonly tiles: number | undefined;
  readonly batch: number | undefined;
  readonly imageSize: number | undefined;
  readonly stages: readonly StageRow[];
};

const defaults: PretrainSettings = {
  scenes: '',
  preset: 'tiny',
  loss: 'two-target',
  maskRatio: 0.9,
  init: undefined,
  epochs: undefined,
  tiles: undefined,
  batch: undefined,
  imageSize: undefined,
  stages: [],
};

export type ChangePretraining = (part: Partial<PretrainSettings>) => void;

export function usePretraining(): readonly [PretrainSettings, ChangePretraining] {
  const { workspace } = useDesk();
  const row = useWorkspace((state) => state.document.settings.get('pretrain'));
  const settings = { ...defaults, ...(row as Partial<PretrainSettings> | undefined) };
  return [
    settings,
    (part) =>
      keepSetting(workspace, 'pretrain', t('Change pre-training'), { ...settings, ...part }),
  ];
}

/** Pixels a side of one token, which a side of a tile has to be a multiple of. */
const patch = 8;
/** Any day, where only the other end of a stage's dates is given. */
const [firstDay, lastDay] = ['1970-01-01', '2999-12-31'];

/** What keeps the settings from being a run, as a sentence; undefined where nothing does. */
export function problemOf({ scenes, stages, imageSize }: PretrainSettings): string | undefined {
  if (scenes === '') return t('Choose the folder that holds the scenes first.');
  const sides = [imageSize, ...stages.map((stage) => stage.imageSize)];
  if (sides.some((side) => side !== undefined && side % patch !== 0))
    return t('The side of a tile has to be a multiple of {patch} pixels.', { patch });
  if (stages.some(({ from, to }) => from !== undefined && to !== undefined && from > to))
    return t('The first day of a stage lies after its last one.');
  return undefined;
}

const withoutGaps = (fields: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** Input of `pretrain`; the host writes the stages as a recipe file beside the model. */
export function pretrainInput(settings: PretrainSettings): Record<string, unknown> {
  const { stages, ...rest } = settings;
  return {
    ...withoutGaps(rest),
    ...(stages.length === 0 ? {} : { recipe: { stages: stages.map(stageOf) } }),
  };
}

function stageOf({ id: _, from, to, ...stage }: StageRow): Record<string, unknown> {
  const dates =
    from === undefined && to === undefined ? undefined : [from ?? firstDay, to ?? lastDay];
  return withoutGaps({ ...stage, dates });
}
