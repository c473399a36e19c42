import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import { countText, decimalText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';
import { percent } from '../jobs/figures.ts';

type Rows = Output<'change'>['transitions'];

/** From which class to which the changed pixels went: the largest first, and all as a matrix. */
export function Transitions({ result }: { readonly result: Output<'change'> }): ReactElement {
  const { transitions, disagreement } = result;
  const hasArea = transitions.every(({ hectares }) => hectares !== undefined);
  const sorted = transitions.toSorted((a, b) => b.pixels - a.pixels);
  return (
    <>
      <TableScroll label={t('From which class to which')}>
        <table>
          <caption>{t('From which class to which')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('From')}</th>
              <th scope="col">{t('To')}</th>
              <th scope="col">{t('Pixels')}</th>
              {hasArea && <th scope="col">{t('Hectares')}</th>}
            </tr>
          </thead>
          <tbody>
            {sorted.map(({ from, to, pixels, hectares }) => (
              <tr key={`${from}\n${to}`}>
                <th scope="row">{from}</th>
                <th scope="row">{to}</th>
                <td>{countText(pixels)}</td>
                {hasArea && <td>{decimalText(hectares ?? 0, 1)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      <Matrix rows={transitions} hasArea={hasArea} />
      {disagreement !== undefined && (
        <p className="hint">
          {t(
            'Outside the changes the two class maps differ in {share} of the pixels: so far the table can be wrong.',
            { share: percent(disagreement) },
          )}
        </p>
      )}
    </>
  );
}

function Matrix({
  rows,
  hasArea,
}: {
  readonly rows: Rows;
  readonly hasArea: boolean;
}): ReactElement {
  const names = [...new Set(rows.flatMap(({ from, to }) => [from, to]))].toSorted();
  const amount = (from: string, to: string): string => {
    const row = rows.find((one) => one.from === from && one.to === to);
    if (row === undefined) return '';
    return hasArea ? decimalText(row.hectares ?? 0, 1) : countText(row.pixels);
  };
  return (
    <TableScroll label={t('Matrix of transitions')}>
      <table className="confusion">
        <caption>
          {hasArea
            ? t('Rows = earlier date, columns = later date, hectares')
            : t('Rows = earlier date, columns = later date, pixels')}
        </caption>
        <thead>
          <tr>
            <th scope="col">{t('earlier ↓ · later →')}</th>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((from) => (
            <tr key={from}>
              <th scope="row">{from}</th>
              {names.map((to) => (
                <td key={to} className={from === to ? 'agrees' : undefined}>
                  {amount(from, to)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
