import { type ReactElement, useState } from 'react';
import { t } from '../../words/translate.ts';
import { FileList } from '../dialogs/FileList.tsx';
import { Field } from '../fields.tsx';

/** A folder by its path, typed or gone to in the list. */
export function FolderField({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly onChange: (path: string) => void;
}): ReactElement {
  const [choosing, setChoosing] = useState(false);
  const [shown, setShown] = useState<string>();
  const [text, setText] = useState<string>();
  const keep = (): void => {
    if (text !== undefined && text.trim() !== value) onChange(text.trim());
    setText(undefined);
  };
  return (
    <>
      <Field label={label}>
        <input
          value={text ?? value}
          spellCheck={false}
          placeholder={t('path of a folder')}
          onChange={(event) => setText(event.target.value)}
          onBlur={keep}
          onKeyDown={(event) => {
            if (event.key === 'Enter') keep();
          }}
        />
      </Field>
      <div className="actions">
        <button
          type="button"
          aria-label={t('{action}: {job}', { action: t('Choose a folder…'), job: label })}
          aria-expanded={choosing}
          onClick={() => setChoosing(!choosing)}
        >
          {t('Choose a folder…')}
        </button>
        {choosing && (
          <button
            type="button"
            disabled={shown === undefined}
            onClick={() => {
              onChange(shown!);
              setChoosing(false);
            }}
          >
            {t('Take the folder shown')}
          </button>
        )}
      </div>
      {choosing && <FileList accept={() => false} onOpen={onChange} onFolder={setShown} />}
    </>
  );
}
