import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { type Axis, type Point, type Series, shortNumber } from './series.ts';
import { TableScroll } from './TableScroll.tsx';

/** The first cell of a row is its heading. */
export type Table = {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

/** All points of a chart: a row for each x, a column for each series, its spread in brackets. */
export function tableOf(x: Axis, series: readonly Series[]): Table {
  const places = [...new Set(series.flatMap(({ points }) => points.map((point) => point.x)))];
  const byX = series.map(({ points }) => new Map(points.map((point) => [point.x, point])));
  return {
    head: [x.label, ...series.map(({ name }) => name)],
    rows: places
      .sort((a, b) => a - b)
      .map((place) => [shortNumber(place), ...byX.map((points) => cellOf(points.get(place)))]),
  };
}

function cellOf(point: Point | undefined): string {
  if (point?.y === undefined || point.y === null) return '–';
  const { y, low, high } = point;
  return typeof low === 'number' && typeof high === 'number'
    ? `${shortNumber(y)} (${shortNumber(low)} – ${shortNumber(high)})`
    : shortNumber(y);
}

export function ChartTable({
  label,
  table,
}: {
  readonly label: string;
  readonly table: Table;
}): ReactElement {
  const [first, ...others] = table.head;
  return (
    <TableScroll label={t('{label} as a table', { label })}>
      <table>
        <thead>
          <tr>
            <th scope="col">{first}</th>
            {others.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map(([heading, ...cells], row) => (
            <tr key={row}>
              <th scope="row">{heading}</th>
              {cells.map((cell, column) => (
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
