import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A running `prismap serve` with a data folder of its own. */
export type Served = {
  /** Opens one window once. */
  readonly url: string;
  readonly origin: string;
  readonly dataFolder: string;
  readonly pid: number;
  /** The address for another window, which is printed when the last one was used. */
  nextUrl(): Promise<string>;
  /** All that it wrote to standard error. */
  errors(): string;
  kill(signal: NodeJS.Signals): void;
  /** Ends it and removes its data unless it was given. */
  stop(): Promise<number | null>;
};

export type ServeOptions = {
  readonly words?: readonly string[];
  /** Data folder to use and keep. */
  readonly dataFolder?: string;
};

export async function serve({ words = [], dataFolder }: ServeOptions = {}): Promise<Served> {
  const data = dataFolder ?? mkdtempSync(join(tmpdir(), 'prismap-served-'));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', 'main/cli.ts', 'serve', '--json', ...words],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        // As scripts/run.mjs starts it.
        NODE_COMPILE_CACHE: join(root, '.cache', 'compiled'),
        ...process.env,
        PRISMAP_DATA: data,
      },
    },
  );
  let out = '';
  let errors = '';
  let handedOut = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const started = async (): Promise<string> => {
    while (!out.includes('\n')) {
      if (child.exitCode !== null) throw new Error(`prismap serve ended: ${out}${errors}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return (JSON.parse(out) as { readonly url: string }).url;
  };
  const url = await started();
  return {
    url,
    origin: new URL(url).origin,
    dataFolder: data,
    pid: child.pid!,
    nextUrl: async () => {
      for (;;) {
        const urls = errors.match(/http:\/\/\S+#token=\S+/g) ?? [];
        const next = urls[handedOut];
        if (next !== undefined) {
          handedOut += 1;
          return next;
        }
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    errors: () => errors,
    kill: (signal) => void child.kill(signal),
    stop: async () => {
      child.kill('SIGTERM');
      const code = await ended;
      if (dataFolder === undefined) rmSync(data, { recursive: true, force: true });
      return code;
    },
  };
}
