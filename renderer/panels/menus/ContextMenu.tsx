import { type ReactElement, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Menu, Popover } from 'react-aria-components';
import type { CommandContext } from '../../actions/command.ts';
import { type MenuSubject, menuStore } from '../../state/menu.ts';
import { useStore } from '../../state/store.ts';
import { useDesk } from '../context.ts';
import { type MenuContent, menuOf } from './entries.ts';
import { MenuEntries } from './MenuEntries.tsx';

type Pixel = readonly [x: number, y: number];

/** What lies under an element or, on the map, at a pixel of the window (the crosshair where none is given). */
function subjectOf(desk: CommandContext, target: Element, pixel?: Pixel): MenuSubject | undefined {
  const named = target.closest<HTMLElement>('[data-menu]')?.dataset['menu'];
  if (named !== undefined) {
    const [kind, ...rest] = named.split(':');
    return { kind: kind as 'layer' | 'class' | 'job', id: rest.join(':') };
  }
  if (target.closest('.map[tabindex]') === null) return undefined;
  const place = desk.map.placeAt(pixel);
  return place && { kind: place.roi === undefined ? 'map' : 'roi', place };
}

const middleOf = (element: Element): Pixel => {
  const { x, y, width, height } = element.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
};

/** The menu at the pointer: a right click, the menu key or Shift+F10 opens it, Escape closes it. */
export function ContextMenu(): ReactElement {
  const desk = useDesk();
  const opened = useStore(menuStore, (state) => state.open);
  const [content, setContent] = useState<MenuContent>();
  const anchor = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const open = (target: Element, pixel?: Pixel): boolean => {
      const subject = subjectOf(desk, target, pixel);
      if (subject === undefined) return false;
      menuStore.set({ open: { subject, at: pixel ?? middleOf(target) } });
      setContent(menuOf(desk, subject));
      return true;
    };
    const rightClick = (event: MouseEvent): void => {
      // Something was being drawn, and the click completed it.
      if (event.defaultPrevented) return;
      if (open(event.target as Element, [event.clientX, event.clientY])) event.preventDefault();
    };
    const key = (event: KeyboardEvent): void => {
      if (event.key !== 'ContextMenu' && !(event.key === 'F10' && event.shiftKey)) return;
      if (open(event.target as Element)) event.preventDefault();
    };
    window.addEventListener('contextmenu', rightClick);
    window.addEventListener('keydown', key);
    return () => {
      window.removeEventListener('contextmenu', rightClick);
      window.removeEventListener('keydown', key);
    };
  }, [desk]);
  useLayoutEffect(() => {
    if (opened === undefined) return;
    anchor.current?.style.setProperty('left', `${opened.at[0]}px`);
    anchor.current?.style.setProperty('top', `${opened.at[1]}px`);
  }, [opened]);
  return (
    <>
      <span ref={anchor} className="menu-anchor" />
      {opened !== undefined && (
        <Popover
          className="popover"
          aria-label={content?.title ?? ''}
          triggerRef={anchor}
          placement="bottom start"
          isOpen
          onOpenChange={(isOpen) => {
            if (!isOpen) close();
          }}
        >
          {/* The first line has the focus, so that keys alone go on. */}
          <Menu aria-label={content?.title ?? ''} autoFocus="first" onClose={close}>
            <MenuEntries entries={content?.entries ?? []} />
          </Menu>
        </Popover>
      )}
    </>
  );
}

const close = (): void => menuStore.set({ open: undefined });
