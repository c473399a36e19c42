import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..', '..', '..');

/** Python with numpy and rasterio, by which tests check geometry, or undefined where it was not set up. */
export const python: string | undefined = [
  join(root, '.cache', 'referee', 'bin', 'python'),
  join(root, '.cache', 'referee', 'Scripts', 'python.exe'),
].find((path) => existsSync(path));

/** Folder of test data that does not belong to the repository, or undefined where it is absent. */
export const shared: string | undefined = [join(root, '..', 'shared')].find((path) =>
  existsSync(path),
);

/** Whether the referee can import a module. */
export function hasModule(name: string): boolean {
  if (python === undefined) return false;
  try {
    execFileSync(python, ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs a Python script that reads JSON from its standard input and prints JSON. */
export function askReferee<Answer>(script: string, question: unknown): Answer {
  if (python === undefined) throw new Error('no referee');
  const answer = execFileSync(python, ['-c', script], {
    input: JSON.stringify(question),
    maxBuffer: 1 << 29,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  return JSON.parse(answer.toString()) as Answer;
}
