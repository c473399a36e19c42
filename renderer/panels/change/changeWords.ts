import type { Output } from '../../../app/contract/api.ts';
import { decimalText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { percent } from '../jobs/figures.ts';

/** `3.1 % changed, 42.0 ha` */
export function changedText({
  changedPixels,
  unchangedPixels,
  changedHectares,
}: Pick<Output<'change'>, 'changedPixels' | 'unchangedPixels' | 'changedHectares'>): string {
  const share = percent(changedPixels / Math.max(1, changedPixels + unchangedPixels));
  return changedHectares === undefined
    ? t('{share} changed', { share })
    : t('{share} changed, {hectares} ha', { share, hectares: decimalText(changedHectares, 1) });
}
