import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import { saidSentence, t } from '../../words/translate.ts';
import { percent, ratio } from '../jobs/figures.ts';
import { ClassFigures } from './ClassFigures.tsx';
import { ConfusionMatrix } from './ConfusionMatrix.tsx';

type Evaluation = Pick<
  Output<'evaluate'>,
  'oa' | 'aa' | 'kappa' | 'perClass' | 'confusion' | 'warnings'
>;

/** Overall figures, the confusion matrix and figures of each class. */
export function Figures({ result }: { readonly result: Evaluation }): ReactElement {
  const { oa, aa, kappa, perClass, confusion, warnings } = result;
  const figures: readonly (readonly [string, string])[] = [
    [t('Overall accuracy'), percent(oa)],
    [t('Average accuracy'), percent(aa)],
    [t('Kappa'), ratio(kappa)],
  ];
  return (
    <>
      <dl className="figures">
        {figures.map(([name, text]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <ConfusionMatrix confusion={confusion} />
      <ClassFigures label={t('Figures of each class')} classes={perClass} />
      {warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {saidSentence(warning)}
        </p>
      ))}
    </>
  );
}
