import { type ReactElement, useEffect, useState } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { countText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { duration, durationRange } from './figures.ts';
import { isActive } from './jobState.tsx';

/** Seconds of work, counted on between two messages of the host. */
function useElapsed(job: JobRecord): number {
  const [extra, setExtra] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: every message starts the count anew
  useEffect(() => {
    setExtra(0);
    if (job.state !== 'running') return;
    const start = performance.now();
    const timer = setInterval(() => setExtra((performance.now() - start) / 1000), 1000);
    return () => clearInterval(timer);
  }, [job]);
  return job.elapsedSeconds + extra;
}

/** How far a job is: bar, stage, count, time spent and left, device. */
export function JobProgress({ job }: { readonly job: JobRecord }): ReactElement {
  const elapsed = useElapsed(job);
  const { stage, done = 0, total, eta, engine, device } = job;
  const known = total !== undefined && total > 0;
  const active = isActive(job);
  const parts = [
    active && stage !== undefined ? t(stage) : undefined,
    active && known
      ? t('{done} of {total}', {
          done: countText(done),
          total: countText(total),
        })
      : undefined,
    job.started === undefined
      ? undefined
      : t(active ? '{time} so far' : 'took {time}', { time: duration(elapsed) }),
    job.state === 'running' && eta !== undefined
      ? t('{time} left', { time: durationRange(eta) })
      : undefined,
  ];
  const where = [engine, device].filter((part) => part !== undefined).join(' · ');
  return (
    <>
      {active && (
        <progress
          aria-label={t('Progress of {job}', { job: job.title })}
          {...(known ? { max: total, value: Math.min(done, total) } : {})}
        />
      )}
      <p className="hint">{parts.filter((part) => part !== undefined).join(' · ')}</p>
      {where !== '' && <p className="hint">{t('On {device}', { device: where })}</p>}
    </>
  );
}
