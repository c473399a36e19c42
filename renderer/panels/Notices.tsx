import { type ReactElement, useEffect } from 'react';
import { Button } from 'react-aria-components';
import type { Notice } from '../state/workspaceState.ts';
import { t } from '../words/translate.ts';
import { useDesk, useWorkspace } from './context.ts';
import { Icon } from './icons.tsx';

const noteSeconds = 8;

/** Messages at the foot of the map; errors stay until they are read. */
export function Notices(): ReactElement {
  const notices = useWorkspace((state) => state.notices);
  return (
    <div className="notices" role="log" aria-label={t('Messages')} aria-live="polite">
      {notices.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeLine({ notice }: { readonly notice: Notice }): ReactElement {
  const { workspace } = useDesk();
  const { id, level, action } = notice;
  useEffect(() => {
    if (level === 'error' || action?.stays === true) return;
    const timer = setTimeout(() => workspace.dismiss(id), noteSeconds * 1000);
    return () => clearTimeout(timer);
  }, [id, level, action, workspace]);
  return (
    <div className={`notice ${level}`}>
      <span>{notice.text}</span>
      {action !== undefined && (
        <Button
          className="text-button"
          onPress={() => {
            workspace.dismiss(id);
            action.run();
          }}
        >
          {action.label}
        </Button>
      )}
      <Button
        className="icon-button small"
        aria-label={t('Close this message')}
        onPress={() => workspace.dismiss(id)}
      >
        <Icon name="close" />
      </Button>
    </div>
  );
}
