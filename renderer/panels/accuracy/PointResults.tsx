import { type ReactElement, useMemo } from 'react';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { sortedClasses } from '../../edits/classes.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { useAnswer } from '../spectra/useAnswer.ts';
import { numberOf } from '../spectra/useAreaSpectra.ts';
import { AdjustedTable } from './AdjustedTable.tsx';
import type { Design } from './assessment.ts';
import type { ClassMap } from './classMaps.ts';
import { Figures } from './Figures.tsx';

type Assessment = DeskOutput<'accuracy.assess'>;

const quietMs = 400;

/** Figures from the points labelled so far; worked out anew with every label. */
export function PointResults({
  map,
  design,
}: {
  readonly map: ClassMap;
  readonly design: Design;
}): ReactElement {
  const { workspace } = useDesk();
  const points = useWorkspace((state) => state.document.points);
  const rows = useWorkspace((state) => state.document.classes);
  const classes = useMemo(
    () => sortedClasses(rows).map(({ value, name }) => ({ value, name })),
    [rows],
  );
  const labelled = useMemo(
    () =>
      [...points.values()].flatMap(({ id, x, y, stratum, classId }) => {
        const label = rows.get(classId ?? '')?.value;
        return label === undefined ? [] : [{ id, x, y, stratum, label }];
      }),
    [points, rows],
  );
  const { uri, stamp } = map.info;
  const { value, error } = useAnswer(
    labelled.length === 0
      ? undefined
      : `${uri} ${stamp} ${design} ${numberOf(labelled)} ${numberOf(classes)}`,
    (signal) =>
      workspace.host.call(
        'accuracy.assess',
        { map: uri, design, points: labelled, classes },
        signal,
      ),
    quietMs,
  );
  if (labelled.length === 0)
    return <p className="hint">{t('Figures appear with the first labelled point.')}</p>;
  return (
    <>
      {labelled.length < points.size && (
        <p className="warning-text">
          {t('From {done} of {all} points: label the others before you rely on it.', {
            done: labelled.length,
            all: points.size,
          })}
        </p>
      )}
      {error !== undefined && <p className="error-text">{error.message}</p>}
      {value !== undefined && (
        <>
          <Figures result={value} />
          {value.adjusted !== undefined && <AdjustedTable adjusted={value.adjusted} />}
          <Disagreements map={map} list={value.disagreements} />
        </>
      )}
    </>
  );
}

/** Points at which map and analyst differ; a click shows the place. */
function Disagreements({
  map,
  list,
}: {
  readonly map: ClassMap;
  readonly list: Assessment['disagreements'];
}): ReactElement {
  const desk = useDesk();
  const classes = useWorkspace((state) => state.document.classes);
  const names = new Map([...classes.values()].map(({ value, name }) => [value, name]));
  const nameOf = (value: number): string => names.get(value) ?? String(value);
  return (
    <>
      <h3>{t('Disagreements ({count})', { count: list.length })}</h3>
      {list.length === 0 && <p className="hint">{t('None: the map says what you say.')}</p>}
      <ul className="plain-list disagreements">
        {list.map(({ id, x, y, map: mapped, label }) => (
          <li key={id}>
            <button
              type="button"
              onClick={() => desk.map.showPoint({ info: map.info, position: [x, y] })}
            >
              {t('map: {map} · you: {label}', { map: nameOf(mapped), label: nameOf(label) })}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
