import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

export type Ended = { readonly code: number | null; readonly out: string; readonly errors: string };

/** Starts the command line as a user does. `onStart` gets a function that sends a signal to it. */
export function prismap(
  args: readonly string[],
  onStart?: (kill: (signal: NodeJS.Signals) => void, errors: () => string) => void,
): Promise<Ended> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'main/cli.ts', ...args],
    { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  onStart?.(
    (signal) => child.kill(signal),
    () => errors,
  );
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, errors })));
}

/** The one JSON document of a call that must succeed. */
export async function prismapJson(args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, out, errors } = await prismap([...args, '--json']);
  if (code !== 0) throw new Error(`prismap ${args.join(' ')} ended with ${code}: ${out}${errors}`);
  return JSON.parse(out) as Record<string, unknown>;
}
