import type { CommandContext } from './command.ts';
import { openPath } from './project.ts';
import { commandById } from './table.ts';

/**
 * Does what the desktop application asks of its window: a command that was chosen in a menu, a file that the system gave to open.
 * @param loaded the project is there: what is opened before would be lost with the empty one
 */
export function followShell(desk: CommandContext, loaded: Promise<void>): void {
  const { host, report } = desk.workspace;
  host.onEvent((event) => {
    if (event.kind === 'open') loaded.then(() => openPath(desk, event.path)).catch(report);
    if (event.kind !== 'command') return;
    const command = commandById(event.command);
    if (command.when?.(desk) !== false) command.run(desk);
  });
}
