import type { ReactElement } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { t } from '../../words/translate.ts';

export const states: Readonly<Record<JobRecord['state'], readonly [sign: string, word: string]>> = {
  queued: ['…', 'waiting'],
  running: ['▶', 'running'],
  paused: ['❚❚', 'paused'],
  done: ['✓', 'done'],
  failed: ['✕', 'failed'],
  cancelled: ['■', 'cancelled'],
};

/** What a job is at, as its process says it. */
export const stages: readonly string[] = [
  'reading',
  'training',
  'pre-training',
  'scaling',
  'tiles',
  'random forest',
  'mapping',
  'checking scenes',
  'mapping scenes',
  'comparing',
  'counting',
  'statistics',
  'polygons',
];

/** State of a job, as a sign and a word. */
export function JobState({ state }: { readonly state: JobRecord['state'] }): ReactElement {
  const [sign, word] = states[state];
  return (
    <span className={`job-state ${state}`}>
      <span aria-hidden="true">{sign}</span> {t(word)}
    </span>
  );
}

export const isActive = ({ state }: JobRecord): boolean =>
  state === 'queued' || state === 'running' || state === 'paused';
