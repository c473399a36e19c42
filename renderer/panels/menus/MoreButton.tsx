import { type ReactElement, useState } from 'react';
import { Button, Menu, MenuTrigger, Popover } from 'react-aria-components';
import type { MenuSubject } from '../../state/menu.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Icon } from '../icons.tsx';
import { type MenuContent, menuOf } from './entries.ts';
import { MenuEntries } from './MenuEntries.tsx';

/** The ⋮ button of a row, with the menu that a right click on the row opens. */
export function MoreButton({
  subject,
  name,
}: {
  readonly subject: MenuSubject;
  readonly name: string;
}): ReactElement {
  const desk = useDesk();
  // Made when the menu opens: what it offers depends on what is there then.
  const [content, setContent] = useState<MenuContent>();
  return (
    <MenuTrigger
      onOpenChange={(isOpen) => {
        if (isOpen) setContent(menuOf(desk, subject));
      }}
    >
      <Button className="icon-button small" aria-label={t('Actions for {name}', { name })}>
        <Icon name="more" />
      </Button>
      <Popover className="popover">
        <Menu aria-label={name}>
          <MenuEntries entries={content?.entries ?? []} />
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}
