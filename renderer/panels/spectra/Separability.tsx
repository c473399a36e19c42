import { type ReactElement, useMemo, useState } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { decimalText } from '../../words/numbers.ts';
import { saidOfError, saidSentence, t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';
import { useDesk } from '../context.ts';
import { ratio } from '../jobs/figures.ts';
import type { ClassAreas } from './signatures.ts';
import { useAnswer } from './useAnswer.ts';
import { numberOf, useProjectCrs } from './useAreaSpectra.ts';

type Pair = DeskOutput<'spectra.separability'>['pairs'][number];
type Figure = 'jeffriesMatusita' | 'transformedDivergence' | 'spectralAngle';
type Column = 'pair' | Figure;

const quietMs = 400;

export const columns: readonly (readonly [Column, string])[] = [
  ['pair', 'Pair of classes'],
  ['jeffriesMatusita', 'JM'],
  ['transformedDivergence', 'TD'],
  ['spectralAngle', 'Angle, °'],
];

/** How well each two classes can be told apart, the worst pair first. */
export function Separability({
  info,
  entries,
}: {
  readonly info: SceneInfo;
  readonly entries: readonly ClassAreas[];
}): ReactElement {
  const { workspace } = useDesk();
  const crs = useProjectCrs();
  const key = `${info.scene} ${info.stamp} ${entries.map(({ row, rois }) => `${row.id}:${rois.map(numberOf).join()}`).join(' ')}`;
  const { value, error, waiting } = useAnswer(
    entries.length < 2 ? undefined : key,
    (signal) => {
      const classes = entries.map(({ row, rois }) => ({
        id: row.id,
        areas: rois.map(({ geometry }) => geometry),
      }));
      return workspace.host.call(
        'spectra.separability',
        { scene: info.scene, classes, ...crs },
        signal,
      );
    },
    quietMs,
  );
  if (entries.length < 2)
    return <p className="hint">{t('Draw ROIs of two classes or more to compare them.')}</p>;
  if (error !== undefined) return <p className="error-text">{saidOfError(error)}</p>;
  if (value === undefined) return <p className="hint">{t('Working it out…')}</p>;
  return (
    <>
      <p className="hint">
        {t(
          'JM (Jeffries–Matusita distance) and TD (transformed divergence) go from 0, the same, to 2, fully separable; pairs near 2 are told apart with ease, pairs below 1 are often confused. The angle between the means is in degrees.',
        )}
      </p>
      <PairTable pairs={value.pairs} entries={entries} />
      <p className="hint" role="status">
        {waiting
          ? t('Working it out again…')
          : t('From {used} of {all} bands.', { used: value.bands.length, all: info.bands.length })}
      </p>
      {value.warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {saidSentence(warning)}
        </p>
      ))}
    </>
  );
}

function PairTable({
  pairs,
  entries,
}: {
  readonly pairs: readonly Pair[];
  readonly entries: readonly ClassAreas[];
}): ReactElement {
  const [sort, setSort] = useState<{ column: Column; up: boolean }>({
    column: 'jeffriesMatusita',
    up: true,
  });
  const rows = useMemo(() => {
    const names = new Map(entries.map(({ row }) => [row.id, row.name]));
    const named = pairs.map((pair) => ({
      ...pair,
      pair: `${names.get(pair.a) ?? pair.a} – ${names.get(pair.b) ?? pair.b}`,
    }));
    const { column, up } = sort;
    return named.sort((a, b) => (up ? 1 : -1) * compare(a[column], b[column]));
  }, [pairs, entries, sort]);
  return (
    <TableScroll label={t('Separability table')}>
      <table>
        <thead>
          <tr>
            {columns.map(([column, label]) => (
              <th
                key={column}
                scope="col"
                aria-sort={sort.column !== column ? 'none' : sort.up ? 'ascending' : 'descending'}
              >
                <button
                  type="button"
                  className="sort"
                  onClick={() => setSort({ column, up: sort.column === column ? !sort.up : true })}
                >
                  {t(label)}
                  <span aria-hidden="true">
                    {sort.column !== column ? '' : sort.up ? ' ▲' : ' ▼'}
                  </span>
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.a} ${row.b}`}>
              <th scope="row">{row.pair}</th>
              <td>{ratio(row.jeffriesMatusita)}</td>
              <td>{ratio(row.transformedDivergence)}</td>
              <td>{row.spectralAngle === undefined ? '–' : decimalText(row.spectralAngle, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

/** Figures that could not be worked out come last. */
function compare(a: string | number | undefined, b: string | number | undefined): number {
  if (typeof a === 'string' && typeof b === 'string') return a.localeCompare(b);
  return Number(a ?? Number.MAX_VALUE) - Number(b ?? Number.MAX_VALUE);
}
