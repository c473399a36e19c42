import type { ReactElement } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';

type Control = 'job.pause' | 'job.resume' | 'job.cancel' | 'job.remove';

export const controls: readonly (readonly [Control, string, readonly JobRecord['state'][]])[] = [
  ['job.pause', 'Pause', ['running', 'queued']],
  ['job.resume', 'Resume', ['paused', 'failed', 'cancelled']],
  ['job.cancel', 'Cancel', ['running', 'queued', 'paused']],
  ['job.remove', 'Remove', ['done', 'failed', 'cancelled']],
];

/** Buttons that steer a job: those that its state allows. */
export function JobButtons({
  job,
  removable = true,
}: {
  readonly job: JobRecord;
  readonly removable?: boolean;
}): ReactElement {
  const { workspace } = useDesk();
  const jobs = useWorkspace((state) => state.jobs);
  const run = (control: Control): void => {
    workspace.host.call(control, { job: job.id }).then(() => {
      if (control === 'job.remove')
        workspace.store.set({ jobs: jobs.filter(({ id }) => id !== job.id) });
    }, workspace.report);
  };
  return (
    <>
      {controls
        .filter(([control, , states]) =>
          control === 'job.remove' && !removable ? false : states.includes(job.state),
        )
        .map(([control, label]) => (
          <button
            key={control}
            type="button"
            aria-label={t('{action}: {job}', { action: t(label), job: job.title })}
            onClick={() => run(control)}
          >
            {t(label)}
          </button>
        ))}
    </>
  );
}
