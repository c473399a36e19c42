import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../app/error.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What the renderer is built from. */
const sources = ['renderer', 'app', 'vite.config.ts', 'package-lock.json'];

/**
 * The folder of the built renderer. An installed program has it; in a checkout it is built first where it is missing or older than its
 * sources.
 * @throws AppError `internal` where the build fails
 */
export async function rendererFolder(say: (text: string) => void): Promise<string> {
  const isCheckout = existsSync(join(root, 'vite.config.ts'));
  if (!isCheckout) return join(root, 'renderer');
  const built = join(root, '.cache', 'renderer');
  if (builtAt(built) < newest(sources.map((path) => join(root, path)))) {
    say('Building the window …');
    await build(built);
  }
  return built;
}

function builtAt(folder: string): number {
  return statSync(join(folder, 'index.html'), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/** Time of the newest of files and folders; a folder changes when a file goes. */
function newest(paths: readonly string[]): number {
  let time = 0;
  for (const path of paths) {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) continue;
    time = Math.max(time, found.mtimeMs);
    if (found.isDirectory())
      time = Math.max(time, newest(readdirSync(path).map((name) => join(path, name))));
  }
  return time;
}

/** Builds beside the old one and puts it in its place, so that a second program never serves half a window. */
async function build(folder: string): Promise<void> {
  const fresh = `${folder}-${process.pid}`;
  const child = spawn(
    process.execPath,
    [
      join(root, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--outDir',
      fresh,
      '--emptyOutDir',
      '--logLevel',
      'error',
    ],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      // A test runner's "test" would build React's slower development version, and leave it to whoever comes next.
      env: { ...process.env, NODE_ENV: 'production' },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) {
    rmSync(fresh, { recursive: true, force: true });
    throw new AppError('internal', `The window could not be built: ${output.trim().slice(-2000)}`);
  }
  rmSync(folder, { recursive: true, force: true });
  renameSync(fresh, folder);
}
