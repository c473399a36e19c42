import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { api } from '../../app/contract/api.ts';
import type { ProgressEvent } from '../../app/contract/events.ts';
import { AppError, errorRecord } from '../../app/error.ts';
import type { Services } from '../services/createServices.ts';
import { commandHelp } from './help.ts';
import { type Invocation, parseInvocation, splitCommand } from './parse.ts';
import { present } from './present.ts';
import { printable } from './printable.ts';
import { createProgressView } from './progress.ts';

/** Where the program writes: so that tests can listen. */
export type Streams = { readonly out: (text: string) => void; readonly error: NodeJS.WriteStream };

const exitCodes = { done: 0, failed: 1, usage: 2, cancelled: 130 } as const;

/**
 * Runs one command line and gives its exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled. Results go to
 * `streams.out`, everything else to `streams.error`.
 */
export async function runCommandLine(
  words: readonly string[],
  services: Services,
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const json = words.includes('--json');
  try {
    if (words[0] === 'bench') return await runBench(words.slice(1), signal);
    if (words[0] === 'serve') return await serve(words.slice(1), streams, signal);
    const { name, rest } = splitCommand(words);
    if (rest.includes('--help')) {
      streams.out(commandHelp(name));
      return exitCodes.done;
    }
    return await execute(parseInvocation(name, rest), services, streams, signal);
  } catch (error) {
    return fail(error, json, streams);
  }
}

/** The window in a browser; Ctrl+C is how it is meant to end. */
async function serve(
  words: readonly string[],
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const { runServer, serveHelp } = await import('../server.ts');
  if (words.includes('--help')) streams.out(serveHelp);
  else
    await runServer(
      words,
      { out: streams.out, error: (text) => void streams.error.write(text) },
      signal,
    );
  return exitCodes.done;
}

/** Benches lie beside the product and run in a process of their own; they need the peers' programs. */
async function runBench(words: readonly string[], signal: AbortSignal): Promise<number> {
  const entry = fileURLToPath(new URL('../../bench/run.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', entry, ...words],
    { stdio: 'inherit' },
  );
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? exitCodes.cancelled;
}

async function execute(
  invocation: Invocation,
  services: Services,
  streams: Streams,
  signal: AbortSignal,
): Promise<number> {
  const view = createProgressView(streams.error, { everything: invocation.verbose });
  const onEvent = (event: ProgressEvent): void => {
    if (!invocation.quiet) view.show(event);
  };
  try {
    const result = await services.call(invocation.name, invocation.input, { signal, onEvent });
    const output = api[invocation.name].output.parse(result);
    view.end();
    streams.out(
      invocation.json ? `${JSON.stringify(output)}\n` : printable(present(invocation.name, output)),
    );
    return exitCodes.done;
  } finally {
    view.end();
  }
}

function fail(error: unknown, json: boolean, streams: Streams): number {
  const record = errorRecord(error);
  if (json) streams.out(`${JSON.stringify({ error: record })}\n`);
  else streams.error.write(`error (${record.code}): ${printable(record.message)}\n`);
  if (!(error instanceof AppError) && error instanceof Error)
    streams.error.write(`${error.stack ?? ''}\n`);
  if (record.code === 'usage') return exitCodes.usage;
  return record.code === 'cancelled' ? exitCodes.cancelled : exitCodes.failed;
}
