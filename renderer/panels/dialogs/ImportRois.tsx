import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { importRois } from '../../edits/importRois.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Field } from '../fields.tsx';
import { FileList } from './FileList.tsx';
import { Frame } from './Frame.tsx';

/** Takes ROIs and classes from a file into the project. */
export function ImportRois(): ReactElement {
  const { workspace } = useDesk();
  const [path, setPath] = useState('');
  const [classField, setClassField] = useState('');
  const take = (file: string): void => {
    workspace.store.set({ dialog: 'none' });
    importRois(workspace, file, classField.trim() === '' ? undefined : classField.trim()).catch(
      workspace.report,
    );
  };
  return (
    <Frame title={t('Import ROIs')} className="wide">
      <FileList accept={({ kind }) => kind === 'vector' || kind === 'project'} onOpen={setPath} />
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (path !== '') take(path);
        }}
      >
        <Field label={t('GeoJSON, GeoPackage, Shapefile or CSV')}>
          <input
            value={path}
            onChange={(event) => setPath(event.target.value)}
            spellCheck={false}
          />
        </Field>
        <Field label={t('Field of the class (empty: found by itself)')}>
          <input
            value={classField}
            onChange={(event) => setClassField(event.target.value)}
            spellCheck={false}
          />
        </Field>
        <Button type="submit" className="primary">
          {t('Import')}
        </Button>
      </form>
    </Frame>
  );
}
