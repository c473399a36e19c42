import type { Command, CommandContext } from './command.ts';
import { commands } from './commands.ts';
import { keyOf, remappedKeys } from './keys.ts';

const byId = new Map(commands.map((command) => [command.id, command]));

/** @throws RangeError for a name that is in no table: a mistake of ours */
export function commandById(id: string): Command {
  const command = byId.get(id);
  if (command === undefined) throw new RangeError(`No command is named ${id}.`);
  return command;
}

/** The keys of a command: the user's own where there are any. */
export const keysOf = (command: Command): readonly string[] =>
  remappedKeys()[command.id] ?? command.keys ?? [];

const typing = 'input, textarea, select, [contenteditable], [role="menu"], [role="dialog"]';
/** Keys that text fields have a meaning of their own for. */
const fieldKeys = new Set(['Mod+A', 'Mod+C', 'Mod+V', 'Mod+X', 'Mod+Z', 'Mod+Y', 'Mod+Shift+Z']);
const fields = 'input:not([type="range"], [type="checkbox"], [type="radio"]), textarea';

/** Keys that lists, trees and buttons have a meaning of their own for. */
const ownKeys = new Set([
  'Enter',
  'Space',
  'Delete',
  'Backspace',
  'Escape',
  'A',
  'Mod+A',
  '+',
  '-',
  '=',
]);

/** Whether a key means something to what has the focus, and is no command there. */
function isTheirs(key: string, plain: boolean, target: Element): boolean {
  if (plain && target.closest(typing) !== null) return true;
  if (fieldKeys.has(key) && target.closest(fields) !== null) return true;
  // Text that is marked is what is copied.
  if (key === 'Mod+C' && getSelection()?.isCollapsed === false) return true;
  const inWidget = target.closest('button, [role="row"], [role="option"], [role="tab"]') !== null;
  if (inWidget && ownKeys.has(key)) return true;
  // One letter finds an entry in a list; there it is not a command.
  return plain && target.closest('[role="treegrid"], [role="grid"], [role="listbox"]') !== null;
}

/** Runs the command of a key press. Text fields keep their keys; lists and buttons keep theirs. */
export function handleKey(event: KeyboardEvent, context: CommandContext): void {
  const key = keyOf(event);
  const plain = !key.startsWith('Mod+') && !/^F\d+$/.test(key);
  if (event.defaultPrevented || isTheirs(key, plain, event.target as Element)) return;
  const command = commands.find((candidate) => keysOf(candidate).includes(key));
  if (command === undefined || command.when?.(context) === false) return;
  event.preventDefault();
  command.run(context);
}
