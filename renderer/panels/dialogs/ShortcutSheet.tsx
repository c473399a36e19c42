import type { ReactElement } from 'react';
import type { Command } from '../../actions/command.ts';
import { commands } from '../../actions/commands.ts';
import { keyLabel } from '../../actions/keys.ts';
import { keysOf } from '../../actions/table.ts';
import { t } from '../../words/translate.ts';
import { Frame } from './Frame.tsx';

const groups: readonly Command['group'][] = [
  'Project',
  'Edit',
  'Draw',
  'View',
  'Layer',
  'Run',
  'Help',
];

export const fixed: readonly (readonly [string, string])[] = [
  ['Space (held)', 'The image alone, and pan in every tool'],
  ['Middle button', 'Pan in every tool'],
  ['Double click, right click', 'Complete the sketch'],
  ['Shift+click, Shift+drag', 'Add to the selection'],
  ['Alt+click', 'Remove a vertex (Edit vertices)'],
];

/** All keys on one page. They are changed in the settings. */
export function ShortcutSheet(): ReactElement {
  return (
    <Frame title={t('Keyboard shortcuts')} className="wide">
      <div className="sheet">
        {groups.map((group) => (
          <section key={group}>
            <h3>{t(group)}</h3>
            <dl>
              {commands
                .filter((command) => command.group === group && keysOf(command).length > 0)
                .map((command) => (
                  <div key={command.id}>
                    <dt>{t(command.label)}</dt>
                    <dd>
                      {keysOf(command).map((key) => (
                        <kbd key={key}>{keyLabel(key)}</kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
        <section>
          <h3>{t('Mouse and map')}</h3>
          <dl>
            {fixed.map(([key, what]) => (
              <div key={key}>
                <dt>{t(what)}</dt>
                <dd>
                  <kbd>{t(key)}</kbd>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      </div>
    </Frame>
  );
}
