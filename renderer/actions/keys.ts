import { t } from '../words/translate.ts';

const storage = 'prismap.keys';
const isMac = navigator.platform.startsWith('Mac');

/** Keys that the user gave to commands in place of the built-in ones. */
export function remappedKeys(): Readonly<Record<string, readonly string[]>> {
  try {
    return JSON.parse(localStorage.getItem(storage) ?? '{}') as Record<string, string[]>;
  } catch {
    return {};
  }
}

export function remapKeys(id: string, keys: readonly string[] | undefined): void {
  const { [id]: _, ...others } = remappedKeys();
  localStorage.setItem(
    storage,
    JSON.stringify(keys === undefined ? others : { ...others, [id]: keys }),
  );
}

/** A key press as the command table writes it, e.g. `Mod+Shift+Z`, `B`, `[`, `?`. */
export function keyOf(event: KeyboardEvent): string {
  const mod = isMac ? event.metaKey : event.ctrlKey;
  const name = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  // Shift is part of what a sign key types already.
  const shift = event.shiftKey && (/^[A-Z]$/.test(name) || name.length > 1);
  return [mod && 'Mod', event.altKey && 'Alt', shift && 'Shift', name === ' ' ? 'Space' : name]
    .filter((part) => part !== false)
    .join('+');
}

/** Keys that keyboards of other languages name otherwise. */
export const keyNames = ['Ctrl', 'Shift', 'Enter', 'Escape', 'Backspace', 'Delete', 'Space'];

/** A key as people read it. */
export function keyLabel(key: string): string {
  return key
    .split(/(?<=.)\+/)
    .map((part) => (part === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : part))
    .map((name) => (keyNames.includes(name) ? t(name) : name))
    .join('+');
}
