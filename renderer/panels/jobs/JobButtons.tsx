import type { ReactElement } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { controlsOf, steerJob } from './jobControls.ts';

/** Buttons that steer a job: those that its state allows. */
export function JobButtons({
  job,
  removable = true,
}: {
  readonly job: JobRecord;
  readonly removable?: boolean;
}): ReactElement {
  const { workspace } = useDesk();
  return (
    <>
      {controlsOf(job)
        .filter(([control]) => control !== 'job.remove' || removable)
        .map(([control, label]) => (
          <button
            key={control}
            type="button"
            aria-label={t('{action}: {job}', { action: t(label), job: job.title })}
            onClick={() => steerJob(workspace, control, job.id)}
          >
            {t(label)}
          </button>
        ))}
    </>
  );
}
