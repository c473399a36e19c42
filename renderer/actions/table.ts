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

/** Runs the command of a key press. Text fields keep their keys; lists and buttons keep theirs. */
export function handleKey(event: KeyboardEvent, context: CommandContext): void {
  const key = keyOf(event);
  const target = event.target as Element;
  const plain = !key.startsWith('Mod+') && !/^F\d+$/.test(key);
  if (event.defaultPrevented || (target.closest(typing) !== null && plain)) return;
  const inWidget = target.closest('button, [role="row"], [role="option"], [role="tab"]') !== null;
  if (inWidget && ownKeys.has(key)) return;
  // One letter finds an entry in a list; there it is not a command.
  if (plain && target.closest('[role="treegrid"], [role="grid"], [role="listbox"]') !== null)
    return;
  const command = commands.find((candidate) => keysOf(candidate).includes(key));
  if (command === undefined || command.when?.(context) === false) return;
  event.preventDefault();
  command.run(context);
}
