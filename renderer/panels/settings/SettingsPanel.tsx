import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { commands } from '../../actions/commands.ts';
import { keyLabel, keyOf, remapKeys, remappedKeys } from '../../actions/keys.ts';
import { keysOf } from '../../actions/table.ts';
import { applyTheme, chooseTheme, chosenTheme, type Theme } from '../../state/theme.ts';
import { chooseLanguage, currentLanguage, languages, t } from '../../words/translate.ts';
import { Select } from '../fields.tsx';
import { Diagnostics } from './Diagnostics.tsx';

/** Look, language and keys: of this computer, not of the project. */
export function SettingsPanel(): ReactElement {
  const [theme, setTheme] = useState(chosenTheme());
  return (
    <div className="form">
      <h2>{t('Settings')}</h2>
      <Select<Theme>
        label={t('Theme')}
        value={theme}
        options={[
          ['system', t('As the system')],
          ['light', t('Light')],
          ['dark', t('Dark')],
        ]}
        onChange={(next) => {
          chooseTheme(next);
          applyTheme();
          setTheme(next);
        }}
      />
      <Select
        label={t('Language (loads the window again)')}
        value={currentLanguage()}
        options={Object.entries(languages)}
        onChange={chooseLanguage}
      />
      <Keys />
      <Diagnostics />
    </div>
  );
}

/** Every command with its keys; a key is changed by pressing the new one in its field. */
function Keys(): ReactElement {
  const [changed, setChanged] = useState(0);
  const press = (id: string) => (event: KeyboardEvent) => {
    if (['Tab', 'Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    remapKeys(id, event.key === 'Backspace' ? [] : [keyOf(event.nativeEvent)]);
    setChanged(changed + 1);
  };
  const taken = new Map<string, string[]>();
  for (const command of commands)
    for (const key of keysOf(command)) taken.set(key, [...(taken.get(key) ?? []), command.label]);
  const own = remappedKeys();
  return (
    <details>
      <summary>{t('Keys')}</summary>
      <p className="empty">{t('Press a new key in a field; Backspace takes the key away.')}</p>
      {commands.map((command) => {
        const keys = keysOf(command);
        const clash = keys.some((key) => (taken.get(key)?.length ?? 0) > 1);
        return (
          <div key={`${command.id}${changed}`} className="key-row">
            <label htmlFor={`key-${command.id}`}>{t(command.label)}</label>
            <input
              id={`key-${command.id}`}
              readOnly
              value={keys.map(keyLabel).join(', ')}
              onKeyDown={press(command.id)}
              aria-describedby={clash ? `clash-${command.id}` : undefined}
            />
            {own[command.id] !== undefined && (
              <button
                type="button"
                onClick={() => {
                  remapKeys(command.id, undefined);
                  setChanged(changed + 1);
                }}
              >
                {t('Usual key')}
              </button>
            )}
            {clash && (
              <small id={`clash-${command.id}`} className="error-text">
                {t('Also: {names}', {
                  names: keys
                    .flatMap((key) => taken.get(key) ?? [])
                    .filter((name) => name !== command.label)
                    .map((name) => t(name))
                    .join(', '),
                })}
              </small>
            )}
          </div>
        );
      })}
    </details>
  );
}
