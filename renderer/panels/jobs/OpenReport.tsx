import { type ReactElement, useEffect, useRef, useState } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Frame } from '../dialogs/Frame.tsx';

/** Opens the report of a job in a dialog of its own; `atOnce` without being asked, for a job that was watched. */
export function OpenReport({
  path,
  title,
  atOnce = false,
}: {
  readonly path: string;
  readonly title: string;
  readonly atOnce?: boolean;
}): ReactElement {
  const { workspace } = useDesk();
  const [address, setAddress] = useState<string>();
  const open = (): void => {
    workspace.host
      .call('report.open', { path })
      .then((answer) => setAddress(answer.address), workspace.report);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, when the report is there
  useEffect(() => {
    if (atOnce) open();
  }, []);
  return (
    <>
      <button
        type="button"
        aria-label={t('{action}: {job}', { action: t('Open report'), job: title })}
        onClick={open}
      >
        {t('Open report')}
      </button>
      {address !== undefined && (
        <ReportDialog address={address} title={title} onClose={() => setAddress(undefined)} />
      )}
    </>
  );
}

/**
 * The report in a frame that runs no scripts. It has the origin of this page only so that the page may ask for it to be printed; its own
 * policy (main/shell/reportAnswer.ts) says the same.
 */
function ReportDialog({
  address,
  title,
  onClose,
}: {
  readonly address: string;
  readonly title: string;
  readonly onClose: () => void;
}): ReactElement {
  const frame = useRef<HTMLIFrameElement>(null);
  return (
    <Frame title={title} className="report" onClose={onClose}>
      <iframe
        ref={frame}
        className="report"
        title={t('Report: {title}', { title })}
        src={address}
        sandbox="allow-same-origin allow-modals"
      />
      <div className="actions">
        <button
          type="button"
          className="primary"
          onClick={() => frame.current?.contentWindow?.print()}
        >
          {t('Print…')}
        </button>
      </div>
    </Frame>
  );
}
