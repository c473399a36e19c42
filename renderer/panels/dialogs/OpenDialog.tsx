import { type ReactElement, useState } from 'react';
import { Button, FileTrigger } from 'react-aria-components';
import { openFiles } from '../../actions/openFiles.ts';
import { openPath } from '../../actions/project.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Field } from '../fields.tsx';
import { FileList } from './FileList.tsx';
import { Frame } from './Frame.tsx';

/** Opens a scene, a project or ROIs: from a folder, by address, or from this computer by upload in the served mode. */
export function OpenDialog(): ReactElement {
  const desk = useDesk();
  const { workspace } = desk;
  const [address, setAddress] = useState('');
  const open = (path: string): void => {
    workspace.store.set({ dialog: 'none' });
    openPath(desk, path).catch(workspace.report);
  };
  const upload = async (files: readonly File[]): Promise<void> => {
    workspace.store.set({ dialog: 'none' });
    await openFiles(desk, files);
  };
  return (
    <Frame title={t('Open scene, project or ROIs')} className="wide">
      <FileList accept={({ kind }) => kind !== 'other'} onOpen={open} />
      <form
        className="row"
        onSubmit={(event) => {
          event.preventDefault();
          if (address.trim() !== '') open(address.trim());
        }}
      >
        <Field label={t('Path, folder of a product, or http(s) address of a COG')}>
          <input
            value={address}
            onChange={(event) => setAddress(event.target.value)}
            spellCheck={false}
          />
        </Field>
        <Button type="submit" className="primary">
          {t('Open')}
        </Button>
        <FileTrigger
          allowsMultiple
          onSelect={(files) => void upload([...(files ?? [])]).catch(workspace.report)}
        >
          <Button className="text-button">{t('From this computer…')}</Button>
        </FileTrigger>
      </form>
    </Frame>
  );
}
