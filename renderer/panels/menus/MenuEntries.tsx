import type { ReactElement } from 'react';
import { Menu, MenuItem, Popover, Separator, SubmenuTrigger } from 'react-aria-components';
import type { MenuEntry } from './entries.ts';

/** The lines of a menu. */
export function MenuEntries({
  entries,
}: {
  readonly entries: readonly MenuEntry[];
}): readonly ReactElement[] {
  return trimmed(entries).map((entry, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: a line between entries has nothing else to be known by
    if (entry === '-') return <Separator key={index} />;
    const { id, label } = entry;
    if ('run' in entry)
      return (
        <MenuItem key={id} id={id} textValue={label} onAction={entry.run}>
          <span>{label}</span>
          {entry.keys !== undefined && <kbd>{entry.keys}</kbd>}
        </MenuItem>
      );
    return (
      <SubmenuTrigger key={id}>
        <MenuItem id={id} textValue={label}>
          <span>{label}</span>
          <span aria-hidden="true">▸</span>
        </MenuItem>
        <Popover className="popover">
          <Menu aria-label={label}>
            <MenuEntries entries={entry.entries} />
          </Menu>
        </Popover>
      </SubmenuTrigger>
    );
  });
}

/** Without lines at an end or beside another: what stood between them may have been left out. */
const trimmed = (entries: readonly MenuEntry[]): readonly MenuEntry[] =>
  entries.filter(
    (entry, index) =>
      entry !== '-' ||
      (index > 0 && entries[index - 1] !== '-' && entries.slice(index).some((one) => one !== '-')),
  );
