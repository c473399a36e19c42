import { type ReactElement, useState } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { type FileEntry, FileList } from '../dialogs/FileList.tsx';
import { Field } from '../fields.tsx';

/** A file by its path, typed, chosen from the list, or dropped. */
export function FileField({
  label,
  value,
  accept,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly accept: (entry: FileEntry) => boolean;
  readonly onChange: (path: string) => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [choosing, setChoosing] = useState(false);
  const drop = (event: React.DragEvent): void => {
    const [file] = event.dataTransfer.files;
    if (file === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    workspace.host.upload(file).then(onChange, workspace.report);
  };
  return (
    <>
      <Field label={label}>
        <input
          value={value}
          spellCheck={false}
          placeholder={t('path, or drop a file here')}
          onChange={(event) => onChange(event.target.value.trim())}
          onDrop={drop}
        />
      </Field>
      <div className="actions">
        <button type="button" aria-expanded={choosing} onClick={() => setChoosing(!choosing)}>
          {t('Choose a file…')}
        </button>
      </div>
      {choosing && (
        <FileList
          accept={accept}
          onOpen={(path) => {
            onChange(path);
            setChoosing(false);
          }}
        />
      )}
    </>
  );
}
