import { type ReactElement, useEffect, useState } from 'react';
import { Button, ListBox, ListBoxItem } from 'react-aria-components';
import type { DeskOutput } from '../../../app/contract/deskApi.ts';
import { shortText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';

type Listing = DeskOutput<'files.list'>;
export type FileEntry = Listing['entries'][number];

const units = ['B', 'KB', 'MB', 'GB', 'TB'];

/** Bytes as people write them. */
export function formatBytes(bytes: number): string {
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${shortText(bytes / 1000 ** step, 3)} ${units[step]}`;
}

const kinds: Readonly<Record<FileEntry['kind'], string>> = {
  folder: '▸',
  scene: '▦',
  vector: '⬠',
  project: '◈',
  model: '◉',
  weights: '◎',
  other: '·',
};

/** Files and folders; Enter or a double click takes one. */
export function FileList({
  accept,
  onOpen,
  onFolder,
}: {
  readonly accept: (entry: FileEntry) => boolean;
  readonly onOpen: (path: string) => void;
  /** The folder that is shown now; undefined at the top. */
  readonly onFolder?: (folder: string | undefined) => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [folder, setFolder] = useState<string>();
  const [listing, setListing] = useState<Listing>();
  useEffect(() => {
    const controller = new AbortController();
    workspace.host
      .call('files.list', folder === undefined ? {} : { folder }, controller.signal)
      .then(setListing, workspace.report);
    onFolder?.(folder);
    return () => controller.abort();
  }, [workspace, folder, onFolder]);
  const entries = (listing?.entries ?? []).filter(
    (entry) => entry.kind === 'folder' || accept(entry),
  );
  const act = (path: string): void => {
    const entry = entries.find((one) => one.path === path);
    if (entry?.kind === 'folder') setFolder(path);
    else onOpen(path);
  };
  return (
    <div className="files">
      <div className="files-path">
        <Button
          className="text-button"
          isDisabled={folder === undefined}
          onPress={() => setFolder(listing?.parent)}
        >
          {t('Up')}
        </Button>
        <span>{folder ?? t('Folders that Prismap may look into')}</span>
      </div>
      <ListBox
        aria-label={t('Files')}
        selectionMode="single"
        selectionBehavior="replace"
        onAction={(key) => act(String(key))}
        renderEmptyState={() => <p className="empty">{t('Nothing here that can be opened.')}</p>}
        className="file-list"
        autoFocus
      >
        {entries.map((entry) => (
          <ListBoxItem key={entry.path} id={entry.path} textValue={entry.name} className="file">
            <span aria-hidden="true">{kinds[entry.kind]}</span>
            <span className="name">{entry.name}</span>
            <small>{entry.bytes === undefined ? '' : formatBytes(entry.bytes)}</small>
          </ListBoxItem>
        ))}
      </ListBox>
    </div>
  );
}
