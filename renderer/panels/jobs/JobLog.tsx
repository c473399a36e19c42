import { type ReactElement, useEffect, useState } from 'react';
import type { JobRecord } from '../../../app/contract/desk/jobs.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';

const refreshMs = 2000;

/** What a job said; asked for while it is unfolded. */
export function JobLog({ job }: { readonly job: JobRecord }): ReactElement {
  const { workspace } = useDesk();
  const [open, setOpen] = useState(false);
  const [lines, setLines] = useState<readonly string[]>();
  const { id, state } = job;
  useEffect(() => {
    if (!open) return;
    const controller = new AbortController();
    const ask = (): void => {
      workspace.host
        .call('job.log', { job: id }, controller.signal)
        .then((answer) => setLines(answer.lines), workspace.report);
    };
    ask();
    const timer = state === 'running' ? setInterval(ask, refreshMs) : undefined;
    return () => {
      clearInterval(timer);
      controller.abort();
    };
  }, [open, id, state, workspace]);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{t('Log')}</summary>
      {open && lines !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a log that scrolls is scrolled by keys
        <pre
          className="log"
          role="log"
          aria-label={t('Log of {job}', { job: job.title })}
          tabIndex={0}
        >
          {lines.length === 0 ? t('Nothing was said yet.') : lines.join('\n')}
        </pre>
      )}
    </details>
  );
}
