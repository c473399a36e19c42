import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import type { Workspace } from '../../state/workspaceState.ts';

type Control = 'job.pause' | 'job.resume' | 'job.cancel' | 'job.remove';

export const controls: readonly (readonly [Control, string, readonly JobRecord['state'][]])[] = [
  ['job.pause', 'Pause', ['running', 'queued']],
  ['job.resume', 'Resume', ['paused', 'failed', 'cancelled']],
  ['job.cancel', 'Cancel', ['running', 'queued', 'paused']],
  ['job.remove', 'Remove', ['done', 'failed', 'cancelled']],
];

/** What the state of a job allows. */
export const controlsOf = ({ state }: JobRecord): typeof controls =>
  controls.filter(([, , states]) => states.includes(state));

export function steerJob({ host, store, report }: Workspace, control: Control, job: string): void {
  host.call(control, { job }).then(() => {
    if (control === 'job.remove')
      store.set({ jobs: store.get().jobs.filter(({ id }) => id !== job) });
  }, report);
}
