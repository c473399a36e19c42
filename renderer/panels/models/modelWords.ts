import type { GalleryModel } from '../../../app/contract/desk/models.ts';
import { t } from '../../words/translate.ts';
import { percent, ratio } from '../jobs/figures.ts';

/** What a model is for, as people say it. */
export function taskName(task: GalleryModel['task']): string {
  switch (task) {
    case 'pixel':
      return t('Classes of pixels');
    case 'pretrain':
      return t('To fine-tune from');
    case 'scene':
      return t('One class a tile');
    case 'multilabel':
      return t('Several labels a tile');
    case 'segmentation':
      return t('Segmentation');
    case 'change':
      return t('Change');
  }
}

/** Figures in the order in which they are shown. */
const figureOrder: readonly string[] = [
  'oa',
  'aa',
  'kappa',
  'miou',
  'f1',
  'precision',
  'recall',
  'mapMacro',
  'mapMicro',
  'f1Micro',
];

/** Name of a figure in the head of a column or beside a curve. */
export function figureName(key: string): string {
  switch (key) {
    case 'kappa':
      return t('Kappa');
    case 'oa':
      return 'OA';
    case 'aa':
      return 'AA';
    case 'miou':
      return 'mIoU';
    case 'f1':
      return 'F1';
    case 'precision':
      return t('Precision');
    case 'recall':
      return t('Recall');
    case 'mapMacro':
      return t('mAP over classes');
    case 'mapMicro':
      return t('mAP over all labels');
    case 'f1Micro':
      return t('F1 over all labels');
    default:
      return key;
  }
}

/** A figure as it is written: kappa as a number, all others as per cent. */
export const figureText = (key: string, value: number | undefined): string =>
  key === 'kappa' ? ratio(value) : percent(value);

type Figures = Readonly<Record<string, number | undefined>>;

/** The figures that there are, in their order. */
export const figureKeys = (...figures: readonly Figures[]): string[] =>
  figureOrder.filter((key) => figures.some((one) => one[key] !== undefined));

/** `OA 93.1 %, mIoU 81.0 %` */
export const figuresText = (figures: Figures): string =>
  figureKeys(figures)
    .map((key) => `${figureName(key)} ${figureText(key, figures[key])}`)
    .join(', ');

/** The figure that tells most about a model of a task. */
export function mainFigure({ task, figures }: Pick<GalleryModel, 'task' | 'figures'>): string {
  const key =
    { segmentation: 'miou', change: 'f1', multilabel: 'mapMacro' }[task as string] ?? 'oa';
  const value = figures[key];
  return value === undefined ? '' : `${figureName(key)} ${figureText(key, value)}`;
}
