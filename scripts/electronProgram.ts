import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'));

/** Electron's program: its folder and its file in it. */
export type ElectronProgram = { readonly folder: string; readonly file: string };

/** Fetches Electron's program where it is not there; undefined, after saying why, where it cannot be had. */
export function electronProgram(say: (text: string) => void): ElectronProgram | undefined {
  const there = findProgram();
  if (there !== undefined) return there;
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  say(`fetching Electron ${version}, once for this checkout …`);
  const fetched = spawnSync(process.execPath, [join(folder, 'install.js')], {
    encoding: 'utf8',
    timeout: 600_000,
  });
  const now = findProgram();
  if (now === undefined)
    say(
      `Electron ${version} for ${process.platform} ${process.arch} is not here and could not be fetched from github.com: ${reasonIn(fetched.stderr)}. Connect to the internet, or set ELECTRON_MIRROR to a server that has it.`,
    );
  return now;
}

function findProgram(): ElectronProgram | undefined {
  const named = join(folder, 'path.txt');
  if (!existsSync(named)) return undefined;
  const file = join(folder, 'dist', readFileSync(named, 'utf8'));
  return existsSync(file) ? { folder: join(folder, 'dist'), file } : undefined;
}

/** The line of a stack trace that says something. */
function reasonIn(text: string): string {
  const causes = text.match(/(?:Error|cause\]): .+/g) ?? [];
  return (causes.at(-1) ?? (text.trim() || 'no answer within ten minutes')).replace(/^\S+: /, '');
}
