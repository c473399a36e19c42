import type { ReactElement } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { swipeOver } from '../../actions/swipe.ts';
import { decimalText } from '../../words/numbers.ts';
import { said, saidSentence, t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { percent } from '../jobs/figures.ts';
import { JobButtons } from '../jobs/JobButtons.tsx';
import { JobProgress } from '../jobs/JobProgress.tsx';
import { JobState } from '../jobs/jobState.tsx';
import { OpenReport } from '../jobs/OpenReport.tsx';
import { inputText, resultOf } from '../jobs/results.ts';
import { changedText } from './changeWords.ts';
import { ThresholdSlider } from './ThresholdSlider.tsx';
import { Transitions } from './Transitions.tsx';

/** The newest change map: how it goes, and what it found. */
export function ChangeRun({ job }: { readonly job: JobRecord }): ReactElement {
  const desk = useDesk();
  const result = resultOf(job, 'change');
  const before = inputText(job, 'before');
  return (
    <>
      <JobState state={job.state} />
      <JobProgress job={job} />
      {job.error !== undefined && <p className="error-text">{said(job.error)}</p>}
      <div className="actions">
        {result?.report !== undefined && <OpenReport path={result.report} title={job.title} />}
        {result !== undefined && (
          <button type="button" onClick={() => swipeOver(desk, result.probability, before)}>
            {t('Swipe over the change')}
          </button>
        )}
        <JobButtons job={job} removable={false} />
      </div>
      {result !== undefined && (
        <>
          <p>{changedText(result)}</p>
          <ThresholdSlider probability={result.probability} made={result.threshold} />
          <Alignment result={result} />
          {result.transitions.length > 0 && <Transitions result={result} />}
          {result.warnings.map((warning) => (
            <p key={warning} className="warning-text">
              {saidSentence(warning)}
            </p>
          ))}
        </>
      )}
    </>
  );
}

/** Whether the dates can be compared at all. */
function Alignment({ result }: { readonly result: Output<'change'> }): ReactElement {
  const { overlap, registration, radiometry, resampled } = result.alignment;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t('Overlap of the dates'), percent(overlap)],
    [
      t('Shift between them'),
      registration === undefined
        ? undefined
        : t('{x} and {y} pixels', {
            x: decimalText(registration.x, 2),
            y: decimalText(registration.y, 2),
          }),
    ],
    [
      t('Pixels of equal light'),
      radiometry === undefined ? undefined : percent(radiometry.unchanged),
    ],
    [t('Resampled'), resampled],
    [
      t('Step at joins of tiles'),
      result.seam === undefined ? undefined : decimalText(result.seam, 2),
    ],
  ];
  return (
    <dl className="properties">
      {rows.map(([name, text]) =>
        text === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}
