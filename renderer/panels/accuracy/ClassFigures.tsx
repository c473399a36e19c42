import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import { countText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';
import { hundredths } from '../jobs/figures.ts';

/** Producer's and user's accuracy and F1 of every class. */
export function ClassFigures({
  label,
  classes,
}: {
  readonly label: string;
  readonly classes: Output<'evaluate'>['perClass'];
}): ReactElement {
  // Only models that give several labels are told by it.
  const hasPrecision = classes.some(({ averagePrecision }) => averagePrecision !== undefined);
  return (
    <TableScroll label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('Class')}</th>
            <th scope="col">{t("User's, %")}</th>
            <th scope="col">{t("Producer's, %")}</th>
            <th scope="col">{t('F1, %')}</th>
            {hasPrecision && <th scope="col">{t('Average precision, %')}</th>}
            <th scope="col">{t('Samples')}</th>
          </tr>
        </thead>
        <tbody>
          {classes.map(({ name, users, producers, f1, averagePrecision, support }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{hundredths(users)}</td>
              <td>{hundredths(producers)}</td>
              <td>{hundredths(f1)}</td>
              {hasPrecision && <td>{hundredths(averagePrecision)}</td>}
              <td>{countText(support)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
