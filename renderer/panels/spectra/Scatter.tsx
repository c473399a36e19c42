import { deviation, mean } from 'd3-array';
import { type ReactElement, useMemo, useState } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { Chart } from '../charts/Chart.tsx';
import type { Table } from '../charts/ChartTable.tsx';
import { type Series, shortNumber } from '../charts/series.ts';
import { useDesk } from '../context.ts';
import { Select } from '../fields.tsx';
import { compositesOf } from '../presets.ts';
import { type ClassAreas, looksOf } from './signatures.ts';
import { useAnswer } from './useAnswer.ts';
import { numberOf, useProjectCrs } from './useAreaSpectra.ts';

const quietMs = 300;
const mostDots = 500;

type Group = DeskOutput<'spectra.scatter'>['groups'][number];

/** Red against near infrared where the scene has them: vegetation, soil and water lie apart there. */
function firstBands(info: SceneInfo): readonly [number, number] {
  const infrared = compositesOf(info).find(({ name }) => name === 'Colour infrared')?.rgb;
  return infrared === undefined
    ? [info.defaultRgb[0], info.defaultRgb[1]]
    : [infrared[1], infrared[0]];
}

const bandName = ({ bands }: SceneInfo, band: number): string => {
  const { name, wavelengthNm } = bands[band]!;
  return wavelengthNm === undefined ? name : `${name} (${Math.round(wavelengthNm)} nm)`;
};

/** Pixels of the ROIs in the plane of two bands, each class in its colour and with its marker. */
export function Scatter({
  info,
  entries,
}: {
  readonly info: SceneInfo;
  readonly entries: readonly ClassAreas[];
}): ReactElement {
  const { workspace } = useDesk();
  const crs = useProjectCrs();
  const [[x, y], setBands] = useState(() => firstBands(info));
  const key = `${info.scene} ${info.stamp} ${x} ${y} ${entries.map(({ row, rois }) => `${row.id}:${rois.map(numberOf).join()}`).join(' ')}`;
  const { value, error } = useAnswer(
    entries.length === 0 ? undefined : key,
    (signal) => {
      const groups = entries.map(({ row, rois }) => ({
        id: row.id,
        areas: rois.map(({ geometry }) => geometry),
      }));
      const input = { scene: info.scene, x, y, groups, most: mostDots, ...crs };
      return workspace.host.call('spectra.scatter', input, signal);
    },
    quietMs,
  );
  const series = useMemo(() => seriesOf(entries, value?.groups ?? []), [entries, value]);
  const xAxis = useMemo(() => ({ label: bandName(info, x) }), [info, x]);
  const yAxis = useMemo(() => ({ label: bandName(info, y) }), [info, y]);
  const options = info.bands.map(
    (_, band) => [String(band), `${band + 1}: ${bandName(info, band)}`] as const,
  );
  if (entries.length === 0)
    return <p className="hint">{t('Draw ROIs to see where their pixels lie.')}</p>;
  return (
    <>
      <div className="pair">
        <Select
          label={t('Band across')}
          value={String(x)}
          options={options}
          onChange={(band) => setBands([Number(band), y])}
        />
        <Select
          label={t('Band upwards')}
          value={String(y)}
          options={options}
          onChange={(band) => setBands([x, Number(band)])}
        />
      </div>
      {error !== undefined && <p className="error-text">{saidOfError(error)}</p>}
      <Chart
        label={t('Pixels of the ROIs')}
        x={xAxis}
        y={yAxis}
        series={series}
        table={tableOf(series, [xAxis.label, yAxis.label])}
      />
      <p className="hint">
        {t('At most {most} pixels a class, spread evenly.', { most: mostDots })}
      </p>
    </>
  );
}

function seriesOf(entries: readonly ClassAreas[], groups: readonly Group[]): readonly Series[] {
  return entries.flatMap((entry) => {
    const group = groups.find(({ id }) => id === entry.row.id);
    if (group === undefined) return [];
    const points = group.points.map(([across, up]) => ({ x: across, y: up }));
    return [{ ...looksOf(entry), id: entry.row.id, kind: 'dots' as const, points }];
  });
}

/** Where each cloud lies and how wide it is: thousands of dots in a table would say nothing. */
function tableOf(series: readonly Series[], [x, y]: readonly [string, string]): Table {
  return {
    head: [t('Class'), t('Pixels'), `${x}, ${t('mean ± σ')}`, `${y}, ${t('mean ± σ')}`],
    rows: series.map(({ name, points }) => {
      const xs = points.map((point) => point.x);
      const ys = points.map((point) => point.y!);
      return [name, String(points.length), ...[xs, ys].map(meanAndSigma)];
    }),
  };
}

const meanAndSigma = (values: readonly number[]): string =>
  `${shortNumber(mean(values))} ± ${shortNumber(deviation(values))}`;
