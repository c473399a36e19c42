import { type ReactElement, useState } from 'react';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';

/** What a person sends along with a question: the machine and the last messages, no paths of data. */
export function Diagnostics(): ReactElement {
  const { workspace } = useDesk();
  const [found, setFound] = useState<DeskOutput<'doctor'>>();
  const [busy, setBusy] = useState(false);
  const copy = async (): Promise<void> => {
    setBusy(true);
    try {
      const doctor = await workspace.host.call('doctor', {});
      setFound(doctor);
      const { notices, document, jobs } = workspace.store.get();
      const text = JSON.stringify(
        {
          doctor,
          window: { agent: navigator.userAgent, size: [window.innerWidth, window.innerHeight] },
          project: {
            layers: document.layers.size,
            classes: document.classes.size,
            rois: document.rois.size,
          },
          jobs: jobs.map(({ kind, state, error, elapsedSeconds }) => ({
            kind,
            state,
            elapsedSeconds,
            code: error?.code,
          })),
          messages: notices.map(({ level, code }) => ({ level, code })),
        },
        undefined,
        2,
      );
      await navigator.clipboard.writeText(text);
      workspace.notify(t('Diagnostics were copied. They hold no paths and no data.'));
    } finally {
      setBusy(false);
    }
  };
  return (
    <details>
      <summary>{t('This machine')}</summary>
      <button type="button" disabled={busy} onClick={() => void copy().catch(workspace.report)}>
        {busy ? t('Measuring…') : t('Copy diagnostics')}
      </button>
      {found !== undefined && (
        <dl className="properties">
          <div>
            <dt>{t('Engine')}</dt>
            <dd>
              {found.engine}, {found.device}
            </dd>
          </div>
          <div>
            <dt>{t('Speed')}</dt>
            <dd>{Math.round(found.matmulGflops)} GFLOP/s</dd>
          </div>
          {found.problems.map(({ part, message, cure }) => (
            <div key={part}>
              <dt>{part}</dt>
              <dd>
                {message} {cure}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </details>
  );
}
