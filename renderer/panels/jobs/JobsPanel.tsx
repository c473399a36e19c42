import type { KeyboardEvent, ReactElement } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { said, t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { JobButtons } from './JobButtons.tsx';
import { JobLog } from './JobLog.tsx';
import { JobProgress } from './JobProgress.tsx';
import { JobResult, ResultButton } from './JobResult.tsx';
import { JobState } from './jobState.tsx';
import { OpenReport } from './OpenReport.tsx';
import { resultOf } from './results.ts';

/** Everything that was started and lasts, newest first. It survives the window and the program. */
export function JobsPanel(): ReactElement {
  const { workspace } = useDesk();
  const jobs = useWorkspace((state) => state.jobs);
  const running = jobs.find(({ state }) => state === 'running');
  const cancelRunning = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || running === undefined) return;
    event.preventDefault();
    workspace.host.call('job.cancel', { job: running.id }).catch(workspace.report);
  };
  if (jobs.length === 0)
    return (
      <p className="empty">
        {t('No jobs yet. Training, mapping and evaluating appear here, with their progress.')}
      </p>
    );
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape in the panel cancels the job that runs
    <div className="form" onKeyDown={cancelRunning}>
      <h2>{t('Jobs')}</h2>
      {running !== undefined && (
        <p className="hint">
          <kbd>Esc</kbd> {t('in this panel cancels the job that is running.')}
        </p>
      )}
      <ul className="plain-list jobs" aria-label={t('Jobs, newest first')}>
        {jobs.map((job) => (
          <JobEntry key={job.id} job={job} />
        ))}
      </ul>
    </div>
  );
}

function JobEntry({ job }: { readonly job: JobRecord }): ReactElement {
  const { report } = resultOf(job, 'evaluate') ??
    resultOf(job, 'pretrain') ??
    resultOf(job, 'change') ??
    resultOf(job, 'batch') ?? { report: undefined };
  return (
    <li>
      <article className="card" aria-label={job.title} data-menu={`job:${job.id}`}>
        <header>
          <h3>{job.title}</h3>
          <JobState state={job.state} />
        </header>
        <JobProgress job={job} />
        {job.error !== undefined && <p className="error-text">{said(job.error)}</p>}
        <JobResult job={job} />
        <div className="actions">
          <ResultButton job={job} />
          {report !== undefined && <OpenReport path={report} title={job.title} />}
          <JobButtons job={job} />
        </div>
        <JobLog job={job} />
      </article>
    </li>
  );
}
