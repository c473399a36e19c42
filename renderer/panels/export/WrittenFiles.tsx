import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';

/** Files that were written, each with its path to copy. */
export function WrittenFiles({
  files,
}: {
  readonly files: readonly string[];
}): ReactElement | null {
  const { workspace } = useDesk();
  const copy = (path: string): void => {
    navigator.clipboard
      .writeText(path)
      .then(() => workspace.notify(t('The path was copied.')), workspace.report);
  };
  if (files.length === 0) return null;
  return (
    <>
      <p>{t('Written:')}</p>
      <ul className="plain-list">
        {files.map((path) => (
          <li key={path}>
            <span className="path">{path}</span>
            <button
              type="button"
              aria-label={t('Copy path: {path}', { path })}
              onClick={() => copy(path)}
            >
              {t('Copy path')}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
