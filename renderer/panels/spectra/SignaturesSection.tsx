import { type ReactElement, useMemo, useState } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { Chart } from '../charts/Chart.tsx';
import { SeriesKey } from '../charts/labels.tsx';
import type { Series } from '../charts/series.ts';
import { Select } from '../fields.tsx';
import { ExportSpectra } from './ExportSpectra.tsx';
import { type Kept, KeptSignatures } from './KeptSignatures.tsx';
import { Section } from './Section.tsx';
import {
  bandAxis,
  type ClassAreas,
  looksOf,
  pointsOf,
  type Spread,
  spreadPoints,
  valueAxis,
} from './signatures.ts';
import { useCursorSpectrum } from './useCursorSpectrum.ts';
import { useClassSignatures, useRoiSignatures } from './useSignatures.ts';

type Props = { readonly info: SceneInfo; readonly entries: readonly ClassAreas[] };

/** Signatures at the cursor, of selected ROIs and of classes, as many at once as the analyst wants. */
export function SignaturesSection({ info, entries }: Props): ReactElement {
  const [spread, setSpread] = useState<Spread>('sigma');
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [kept, setKept] = useState<readonly Kept[]>([]);
  const ofClasses = useClassSignatures(info, entries, hidden);
  const ofRois = useRoiSignatures(info, hidden.has('rois'));
  const error = ofClasses.error ?? ofRois.error;
  const signatures = useMemo(
    () => [...ofClasses.signatures, ...ofRois.signatures],
    [ofClasses.signatures, ofRois.signatures],
  );
  const areas = useMemo(
    () =>
      signatures.map(({ figures, ...looks }): Series => {
        return { ...looks, kind: 'line', points: spreadPoints(info, figures, spread) };
      }),
    [info, signatures, spread],
  );
  const here = useMemo(() => kept.filter(({ scene }) => scene === info.scene), [kept, info.scene]);
  const exported = [
    ...signatures.map(({ name, figures: { mean, std, min, max } }) => ({
      name,
      mean: [...mean],
      std: [...std],
      min: [...min],
      max: [...max],
    })),
    ...here.map(({ name, values }) => ({ name, mean: [...values] })),
  ];
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <>
      <SignatureChart info={info} cursor={!hidden.has('cursor')} areas={areas} kept={here} />
      {error !== undefined && <p className="error-text">{saidOfError(error)}</p>}
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
      <Section title={t('Export the signatures shown')}>
        <ExportSpectra info={info} spectra={exported} />
      </Section>
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
  const under = useCursorSpectrum(info)?.values;
  const values = cursor ? under : undefined;
  const x = useMemo(() => bandAxis(info), [info]);
  const y = useMemo(() => valueAxis(info), [info]);
  const series = useMemo(
    () => [
      ...areas,
      ...kept.map(({ id, name, values: mean }, index): Series => {
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
