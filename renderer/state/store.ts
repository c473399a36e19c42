import { useRef, useSyncExternalStore } from 'react';

/** A value that changes, and who wants to know. */
export type Store<State> = {
  readonly get: () => State;
  /** Replaces the fields given. */
  readonly set: (part: Partial<State>) => void;
  readonly subscribe: (listener: () => void) => () => void;
};

export function createStore<State extends object>(initial: State): Store<State> {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    get: () => state,
    set: (part) => {
      state = { ...state, ...part };
      for (const listener of [...listeners]) listener();
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** A part of a store's state; the component is drawn again when that part is another object or number. */
export function useStore<State extends object, Part>(
  store: Store<State>,
  select: (state: State) => Part,
): Part {
  const selector = useRef(select);
  selector.current = select;
  const snapshot = (): Part => selector.current(store.get());
  return useSyncExternalStore(store.subscribe, snapshot);
}

/** Calls `listener` when the selected part changes, and once at the start. */
export function watch<State extends object, Part>(
  store: Store<State>,
  select: (state: State) => Part,
  listener: (part: Part, before: Part | undefined) => void,
): () => void {
  let last = select(store.get());
  listener(last, undefined);
  return store.subscribe(() => {
    const part = select(store.get());
    if (Object.is(part, last)) return;
    const before = last;
    last = part;
    listener(part, before);
  });
}
