import { type ReactElement, useRef } from 'react';
import type { Output } from '../../../app/contract/api.ts';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { fineTuneFrom } from '../../actions/fineTune.ts';
import { countText, decimalText } from '../../words/numbers.ts';
import { said, saidSentence, t } from '../../words/translate.ts';
import { TableScroll } from '../charts/TableScroll.tsx';
import { useDesk } from '../context.ts';
import { duration, hundredths } from '../jobs/figures.ts';
import { JobButtons } from '../jobs/JobButtons.tsx';
import { JobProgress } from '../jobs/JobProgress.tsx';
import { isActive, JobState } from '../jobs/jobState.tsx';
import { OpenReport } from '../jobs/OpenReport.tsx';
import { resultOf } from '../jobs/results.ts';
import { Curves } from '../train/TrainingRun.tsx';
import { useModels } from '../train/useModels.ts';

/** The newest pre-training: how it goes, what it came to, and its report, which opens where the panel saw it end. */
export function PretrainRun({ job }: { readonly job: JobRecord }): ReactElement {
  const result = resultOf(job, 'pretrain');
  const wasSeen = useRef(false);
  if (isActive(job)) wasSeen.current = true;
  return (
    <>
      <JobState state={job.state} />
      <JobProgress job={job} />
      {job.error !== undefined && <p className="error-text">{said(job.error)}</p>}
      <div className="actions">
        {result !== undefined && (
          <OpenReport path={result.report} title={job.title} atOnce={wasSeen.current} />
        )}
        <JobButtons job={job} removable={false} />
      </div>
      <Curves job={job} />
      {result !== undefined && <Pretrained result={result} />}
    </>
  );
}

function Pretrained({ result }: { readonly result: Output<'pretrain'> }): ReactElement {
  const desk = useDesk();
  const { explained, loss, scenes, epochs, seconds, warnings, weights } = result;
  const model = useModels().find(({ path }) => path === weights);
  return (
    <>
      <p>
        {t('{epochs} epochs on {scenes} scenes in {time}; loss at the end {loss}.', {
          epochs: countText(epochs),
          scenes: countText(scenes),
          time: duration(seconds),
          loss: decimalText(loss, 4),
        })}
      </p>
      <TableScroll label={t('What was filled in, band by band')}>
        <table>
          <caption>{t('Share of what differs inside a band that was filled in rightly')}</caption>
          <thead>
            <tr>
              <th scope="col">{t('Band')}</th>
              <th scope="col">%</th>
            </tr>
          </thead>
          <tbody>
            {explained.map(({ band, share }) => (
              <tr key={band}>
                <th scope="row">{band}</th>
                <td>{hundredths(share)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {warnings.map((warning) => (
        <p key={warning} className="warning-text">
          {saidSentence(warning)}
        </p>
      ))}
      <div className="actions">
        <button
          type="button"
          disabled={model === undefined}
          onClick={() => {
            if (model !== undefined) fineTuneFrom(desk, model);
          }}
        >
          {t('Fine-tune from this')}
        </button>
        <button type="button" onClick={() => desk.workspace.store.set({ panel: 'models' })}>
          {t('Show in the gallery')}
        </button>
      </div>
    </>
  );
}
