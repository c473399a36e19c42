import { type ReactElement, useMemo, useState } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { type RoiRow } from '../../../app/project/rows.ts';
import { formatColor } from '../../../app/raster/palette.ts';
import { useStore } from '../../state/store.ts';
import { cursorStore } from '../../state/view.ts';
import { t } from '../../words/translate.ts';
import { Chart } from '../charts/Chart.tsx';
import { SeriesKey } from '../charts/labels.tsx';
import type { Series } from '../charts/series.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Select } from '../fields.tsx';
import { type Kept, KeptSignatures } from './KeptSignatures.tsx';
import {
  bandAxis,
  type ClassAreas,
  looksOf,
  pointsOf,
  type Spread,
  type Statistics,
  spreadPoints,
  valueAxis,
} from './signatures.ts';
import { useAreaSpectra } from './useAreaSpectra.ts';

/** More selected ROIs than this are not drawn one by one: nobody could tell the lines apart. */
const mostRois = 24;

type Props = { readonly info: SceneInfo; readonly entries: readonly ClassAreas[] };

/** Signatures at the cursor, of selected ROIs and of classes, as many at once as the analyst wants. */
export function SignaturesSection({ info, entries }: Props): ReactElement {
  const [spread, setSpread] = useState<Spread>('sigma');
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [kept, setKept] = useState<readonly Kept[]>([]);
  const classSeries = useClassSeries(info, entries, hidden, spread);
  const roiSeries = useRoiSeries(info, hidden.has('rois'), spread);
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <>
      <SignatureChart
        info={info}
        cursor={!hidden.has('cursor')}
        areas={[...classSeries.series, ...roiSeries.series]}
        kept={kept}
      />
      {(classSeries.error ?? roiSeries.error) !== undefined && (
        <p className="error-text">{(classSeries.error ?? roiSeries.error)!.message}</p>
      )}
      <Select
        label={t('Spread around the mean')}
        value={spread}
        options={[
          ['sigma', t('± σ (standard deviation)')],
          ['extremes', t('Minimum to maximum')],
          ['none', t('None')],
        ]}
        onChange={setSpread}
      />
      <fieldset className="legend">
        <legend>{t('Signatures shown')}</legend>
        <Shown id="cursor" label={t('At the cursor')} hidden={hidden} toggle={toggle} />
        <Shown
          id="rois"
          label={t('Of selected ROIs, one by one')}
          hidden={hidden}
          toggle={toggle}
        />
        {entries.map((entry) => (
          <Shown
            key={entry.row.id}
            id={entry.row.id}
            label={entry.row.name}
            looks={looksOf(entry)}
            hidden={hidden}
            toggle={toggle}
          />
        ))}
        {entries.length === 0 && (
          <p className="hint">
            {t('No ROIs yet: draw some, and the mean signature of each class appears here.')}
          </p>
        )}
      </fieldset>
      <KeptSignatures info={info} kept={kept} onChange={setKept} />
    </>
  );
}

function Shown({
  id,
  label,
  looks,
  hidden,
  toggle,
}: {
  readonly id: string;
  readonly label: string;
  readonly looks?: Pick<Series, 'color' | 'pattern'>;
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (id: string) => void;
}): ReactElement {
  return (
    <label className="legend-row">
      <input type="checkbox" checked={!hidden.has(id)} onChange={() => toggle(id)} />
      {looks !== undefined && <SeriesKey series={{ ...looks, kind: 'line' }} />}
      {label}
    </label>
  );
}

/** Apart from the rest, because it is drawn again with every move of the pointer. */
function SignatureChart({
  info,
  cursor,
  areas,
  kept,
}: {
  readonly info: SceneInfo;
  readonly cursor: boolean;
  readonly areas: readonly Series[];
  readonly kept: readonly Kept[];
}): ReactElement {
  const values = useStore(cursorStore, (state) =>
    cursor && state.scene === info.scene ? state.values : undefined,
  );
  const x = useMemo(() => bandAxis(info), [info]);
  const y = useMemo(() => valueAxis(info), [info]);
  const series = useMemo(
    () => [
      ...areas,
      ...kept
        .filter(({ scene }) => scene === info.scene)
        .map(({ id, name, values: mean }, index): Series => {
          const points = pointsOf(info, mean);
          return { id, name, kind: 'line', pattern: index + 1, points };
        }),
      ...(values === undefined ? [] : [cursorSeries(info, values)]),
    ],
    [areas, kept, values, info],
  );
  return <Chart label={t('Signatures')} x={x} y={y} series={series} />;
}

const cursorSeries = (info: SceneInfo, values: readonly (number | null)[]): Series => ({
  id: 'cursor',
  name: t('Cursor'),
  kind: 'line',
  pattern: 0,
  points: pointsOf(info, values),
});

function useClassSeries(
  info: SceneInfo,
  entries: readonly ClassAreas[],
  hidden: ReadonlySet<string>,
  spread: Spread,
) {
  const shown = useMemo(() => entries.filter(({ row }) => !hidden.has(row.id)), [entries, hidden]);
  const groups = useMemo(() => shown.map(({ row, rois }) => ({ id: row.id, rois })), [shown]);
  const { spectra, error } = useAreaSpectra(info, groups);
  const series = useMemo(
    () =>
      shown.flatMap((entry) => {
        const figures = spectra.get(entry.row.id);
        return figures === undefined
          ? []
          : [seriesOf(info, { ...looksOf(entry), id: entry.row.id, figures, spread })];
      }),
    [info, shown, spectra, spread],
  );
  return { series, error };
}

function useRoiSeries(info: SceneInfo, hidden: boolean, spread: Spread) {
  const { workspace } = useDesk();
  const selected = useWorkspace((state) => state.selectedRois);
  const rois = useWorkspace((state) => state.document.rois);
  const rows = useMemo((): readonly RoiRow[] => {
    const found = [...selected].map((id) => rois.get(id)).filter((row) => row !== undefined);
    return hidden ? [] : found.slice(0, mostRois);
  }, [selected, rois, hidden]);
  const groups = useMemo(() => rows.map((row) => ({ id: row.id, rois: [row] })), [rows]);
  const { spectra, error } = useAreaSpectra(info, groups);
  const series = useMemo(() => {
    const { classes } = workspace.store.get().document;
    return rows.flatMap((row, index) => {
      const figures = spectra.get(row.id);
      const landClass = classes.get(row.classId);
      if (figures === undefined || landClass === undefined) return [];
      const name =
        row.name ?? t('ROI {number} · {name}', { number: index + 1, name: landClass.name });
      const color = formatColor(landClass.color);
      return [seriesOf(info, { id: row.id, name, color, pattern: index + 2, figures, spread })];
    });
  }, [info, rows, spectra, spread, workspace]);
  return { series, error };
}

function seriesOf(
  info: SceneInfo,
  {
    figures,
    spread,
    ...looks
  }: Pick<Series, 'id' | 'name' | 'color' | 'pattern'> & {
    readonly figures: Statistics;
    readonly spread: Spread;
  },
): Series {
  return { ...looks, kind: 'line', points: spreadPoints(info, figures, spread) };
}
