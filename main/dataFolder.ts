import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * The folder for what has no other place: unnamed projects, recent files, uploads, window state. `PRISMAP_DATA` names
 * another one.
 */
export function dataFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment['PRISMAP_DATA'];
  if (chosen !== undefined && chosen !== '') return chosen;
  if (process.platform === 'win32')
    return join(environment['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Prismap');
  if (process.platform === 'darwin')
    return join(homedir(), 'Library', 'Application Support', 'Prismap');
  return join(environment['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'prismap');
}

/** The folder of the logs of all processes. */
export const logFolder = (data = dataFolder()): string => join(data, 'logs');
