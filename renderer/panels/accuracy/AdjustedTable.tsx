import type { ReactElement } from 'react';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { countText, decimalText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';

type Adjusted = NonNullable<DeskOutput<'accuracy.assess'>['adjusted']>;
type Estimate = Adjusted['oa'];

const shareOf = (estimate: Estimate | undefined): string =>
  estimate === undefined
    ? '–'
    : `${decimalText(100 * estimate.value, 1)} ± ${decimalText(100 * estimate.confidence95, 1)}`;

const areaOf = (estimate: Estimate | undefined): string =>
  estimate === undefined
    ? '–'
    : `${countText(Math.round(estimate.value))} ± ${countText(Math.round(estimate.confidence95))}`;

/** Estimates that allow for how much of the map each class covers, with 95 % confidence intervals. */
export function AdjustedTable({ adjusted }: { readonly adjusted: Adjusted }): ReactElement {
  return (
    <>
      <h3>{t('Area-adjusted estimates (± 95 % CI)')}</h3>
      <p>{t('Overall accuracy {oa} %', { oa: shareOf(adjusted.oa) })}</p>
      <TableScroll label={t('Area-adjusted estimates')}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t('Class')}</th>
              <th scope="col">{t("User's, %")}</th>
              <th scope="col">{t("Producer's, %")}</th>
              <th scope="col">{t('Share, %')}</th>
              <th scope="col">{t('Hectares')}</th>
            </tr>
          </thead>
          <tbody>
            {adjusted.classes.map(({ name, users, producers, share, hectares }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                <td>{shareOf(users)}</td>
                <td>{shareOf(producers)}</td>
                <td>{shareOf(share)}</td>
                <td>{areaOf(hectares)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      <p className="hint">
        {t(
          'After Olofsson et al. 2014; after Stehman 2014 where the points were drawn from another map.',
        )}
      </p>
    </>
  );
}
