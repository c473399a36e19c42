import { type ReactElement, useState } from 'react';
import {
  Autocomplete,
  Input,
  ListBox,
  ListBoxItem,
  SearchField,
  useFilter,
} from 'react-aria-components';
import { commands } from '../../actions/commands.ts';
import { keyLabel } from '../../actions/keys.ts';
import { commandById, keysOf } from '../../actions/table.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Frame } from './Frame.tsx';

/** Finds a command by some of its letters and runs it. */
export function CommandPalette(): ReactElement {
  const desk = useDesk();
  const { contains } = useFilter({ sensitivity: 'base' });
  const [text, setText] = useState('');
  const run = (id: string): void => {
    desk.workspace.store.set({ dialog: 'none' });
    commandById(id).run(desk);
  };
  const shown = commands.filter(({ id, when }) => id !== 'help.palette' && when?.(desk) !== false);
  return (
    <Frame title={t('Command palette')} className="palette">
      <Autocomplete inputValue={text} onInputChange={setText} filter={contains}>
        <SearchField aria-label={t('Find a command')} autoFocus>
          <Input placeholder={t('Type a few letters…')} />
        </SearchField>
        {/* The focus stays in the field; what scrolls takes it too, so that keys can scroll it. */}
        <div className="file-list" role="group" aria-label={t('Commands found')} tabIndex={0}>
          <ListBox
            aria-label={t('Commands')}
            items={shown}
            onAction={(id) => run(String(id))}
            renderEmptyState={() => <p className="empty">{t('No command has these letters.')}</p>}
          >
            {(command) => (
              <ListBoxItem
                id={command.id}
                textValue={`${t(command.label)} ${t(command.group)}`}
                className="file"
              >
                <span className="name">
                  {t(command.label)} <small>{t(command.group)}</small>
                </span>
                <kbd>{keysOf(command).map(keyLabel)[0]}</kbd>
              </ListBoxItem>
            )}
          </ListBox>
        </div>
      </Autocomplete>
    </Frame>
  );
}
