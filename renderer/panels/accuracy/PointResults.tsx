import { type ReactElement, useMemo, useState } from 'react';
import type { DeskInput, DeskOutput } from '../../../app/contract/deskApi.ts';
import { sortedClasses } from '../../edits/classes.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { outputPath } from '../export/outputPath.ts';
import { WrittenFiles } from '../export/WrittenFiles.tsx';
import { Select } from '../fields.tsx';
import { OpenReport } from '../jobs/OpenReport.tsx';
import { useAnswer } from '../spectra/useAnswer.ts';
import { numberOf } from '../spectra/useAreaSpectra.ts';
import { AdjustedTable } from './AdjustedTable.tsx';
import type { AssessmentSettings } from './assessment.ts';
import type { ClassMap } from './classMaps.ts';
import { Figures } from './Figures.tsx';

type Assessment = DeskOutput<'accuracy.assess'>;

const quietMs = 400;

type Question = DeskInput<'accuracy.assess'>;

/** The points labelled so far, as a question; undefined while there is none. */
function useQuestion(map: ClassMap, settings: AssessmentSettings): Question | undefined {
  const points = useWorkspace((state) => state.document.points);
  const rows = useWorkspace((state) => state.document.classes);
  return useMemo(() => {
    const labelled = [...points.values()].flatMap(({ id, x, y, stratum, classId }) => {
      const label = rows.get(classId ?? '')?.value;
      return label === undefined ? [] : [{ id, x, y, stratum, label }];
    });
    if (labelled.length === 0) return undefined;
    return {
      map: map.info.uri,
      design: settings.design,
      classes: sortedClasses(rows).map(({ value, name }) => ({ value, name })),
      points: labelled,
      ...(settings.crs === undefined ? {} : { crs: settings.crs }),
      ...(map.info.uri === settings.map ? {} : { strata: [...settings.strata] }),
    };
  }, [points, rows, map.info.uri, settings.design, settings.crs, settings.map, settings.strata]);
}

/** Figures from the points labelled so far; worked out anew with every label. */
export function PointResults({
  drawnFrom,
  maps,
  settings,
}: {
  /** The map that the points were drawn from. */
  readonly drawnFrom: ClassMap;
  readonly maps: readonly ClassMap[];
  readonly settings: AssessmentSettings;
}): ReactElement {
  const { workspace } = useDesk();
  const all = useWorkspace((state) => state.document.points.size);
  const [chosen, setChosen] = useState<string>();
  const map = maps.find(({ info }) => info.uri === chosen) ?? drawnFrom;
  const question = useQuestion(map, settings);
  const { value, error } = useAnswer(
    question === undefined ? undefined : `${map.info.stamp} ${numberOf(question)}`,
    (signal) => workspace.host.call('accuracy.assess', question!, signal),
    quietMs,
  );
  if (question === undefined)
    return <p className="hint">{t('Figures appear with the first labelled point.')}</p>;
  const done = question.points.length;
  return (
    <>
      {maps.length > 1 && (
        <Select
          label={t('Map that is assessed')}
          value={map.info.uri}
          options={maps.map(({ row, info }) => [info.uri, row.name] as const)}
          onChange={setChosen}
        />
      )}
      {done < all && (
        <p className="warning-text">
          {t('From {done} of {all} points: label the others before you rely on it.', { done, all })}
        </p>
      )}
      {error !== undefined && <p className="error-text">{saidOfError(error)}</p>}
      {value !== undefined && (
        <>
          <Figures result={value} />
          {value.adjusted !== undefined && <AdjustedTable adjusted={value.adjusted} />}
          <Disagreements map={drawnFrom} list={value.disagreements} />
          <WriteReport question={question} name={map.row.name} />
        </>
      )}
    </>
  );
}

/** The figures as a page to hand on, and the matrix as a table. */
function WriteReport({
  question,
  name,
}: {
  readonly question: Question;
  readonly name: string;
}): ReactElement {
  const { workspace } = useDesk();
  const folder = useWorkspace((state) => state.project?.folder ?? '');
  const [busy, setBusy] = useState(false);
  const [written, setWritten] = useState<readonly [report: string, csv: string]>();
  const title = t('Accuracy of {name} at points', { name });
  const write = async (): Promise<void> => {
    setBusy(true);
    try {
      const report = outputPath(folder, `${title}.html`);
      const csv = outputPath(folder, `${title}.csv`);
      await workspace.host.call('accuracy.assess', { ...question, report, csv });
      setWritten([report, csv]);
    } catch (error) {
      workspace.report(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <div className="actions">
        <button type="button" disabled={busy} onClick={() => void write()}>
          {busy ? t('Writing…') : t('Write a report (HTML) and the matrix (CSV)')}
        </button>
        {written !== undefined && <OpenReport path={written[0]} title={title} />}
      </div>
      <div role="status">
        <WrittenFiles files={written ?? []} />
      </div>
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
