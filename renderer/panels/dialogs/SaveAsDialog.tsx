import { type ReactElement, useState } from 'react';
import { Button } from 'react-aria-components';
import { AppError } from '../../../app/error.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Field } from '../fields.tsx';
import { FileList } from './FileList.tsx';
import { Frame } from './Frame.tsx';

/** Gives the project a file; it is a GeoPackage, so QGIS opens its ROIs. */
export function SaveAsDialog(): ReactElement {
  const { workspace } = useDesk();
  const project = useWorkspace((state) => state.project);
  const [folder, setFolder] = useState<string>();
  const [name, setName] = useState(
    project?.path === undefined ? 'project.gpkg' : `${project.name}.gpkg`,
  );
  const [exists, setExists] = useState<string>();
  const place = folder ?? project?.folder;
  const path = name.includes('/') || name.includes('\\') ? name : `${place}/${name}`;
  const save = async (overwrite: boolean): Promise<void> => {
    try {
      await workspace.saved();
      workspace.load(await workspace.host.call('project.saveAs', { path, overwrite }));
      workspace.store.set({ dialog: 'none' });
      workspace.notify(
        t('The project is kept in {path}. Every change is in it at once.', { path }),
      );
    } catch (error) {
      if (error instanceof AppError && error.details['exists'] === true) setExists(path);
      else workspace.report(error);
    }
  };
  return (
    <Frame title={t('Save project as')} className="wide">
      <FileList accept={({ kind }) => kind === 'project'} onOpen={setName} onFolder={setFolder} />
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          void save(exists === path);
        }}
      >
        <Field label={t('File name (.gpkg)')}>
          <input
            value={name}
            onChange={(event) => setName(event.target.value)}
            spellCheck={false}
          />
        </Field>
        <Button type="submit" className="primary">
          {exists === path ? t('Replace it') : t('Save')}
        </Button>
      </form>
      <p className="empty">
        {exists === path
          ? t('There is a file of that name already.')
          : t('It will be kept as {path}', { path })}
      </p>
    </Frame>
  );
}
