import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import { t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';

/** A confusion matrix with its axes written on it: they are read the wrong way round too often. */
export function ConfusionMatrix({
  confusion: { classes, matrix },
}: {
  readonly confusion: Output<'evaluate'>['confusion'];
}): ReactElement {
  const sum = (values: readonly number[]): number => values.reduce((total, n) => total + n, 0);
  const columns = classes.map((_, column) => sum(matrix.map((row) => row[column] ?? 0)));
  return (
    <TableScroll label={t('Confusion matrix')}>
      <table className="confusion">
        <caption>{t('Rows = reference, columns = map')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('reference ↓ · map →')}</th>
            {classes.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">{t('Sum')}</th>
          </tr>
        </thead>
        <tbody>
          {classes.map((name, row) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {classes.map((other, column) => (
                <td key={other} className={row === column ? 'agrees' : undefined}>
                  {matrix[row]?.[column] ?? 0}
                </td>
              ))}
              <td>{sum(matrix[row] ?? [])}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">{t('Sum')}</th>
            {columns.map((total, column) => (
              <td key={classes[column]}>{total}</td>
            ))}
            <td>{sum(columns)}</td>
          </tr>
        </tbody>
      </table>
    </TableScroll>
  );
}
