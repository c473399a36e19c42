import type { MapPlace } from './mapControls.ts';
import { createStore, type Store } from './store.ts';

/** What a menu is about; a row by its id. */
export type MenuSubject =
  | { readonly kind: 'layer' | 'class' | 'job'; readonly id: string }
  | { readonly kind: 'roi' | 'map'; readonly place: MapPlace };

type MenuState = {
  /** The menu that a right click or Shift+F10 opened, and where, CSS pixels of the window. */
  readonly open:
    | { readonly subject: MenuSubject; readonly at: readonly [x: number, y: number] }
    | undefined;
  /** The row whose name is being changed. */
  readonly renaming: string | undefined;
};

export const menuStore: Store<MenuState> = createStore<MenuState>({
  open: undefined,
  renaming: undefined,
});

/** The place that an open menu is about. */
export function placeOfMenu(): MapPlace | undefined {
  const subject = menuStore.get().open?.subject;
  return subject !== undefined && 'place' in subject ? subject.place : undefined;
}
