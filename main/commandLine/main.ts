import { logFolder } from '../dataFolder.ts';
import { createLog } from '../diagnostics/log.ts';
import { loggedServices } from '../diagnostics/observe.ts';
import { createServices } from '../services/createServices.ts';
import { runInChild } from '../workers/host.ts';
import { runCommandLine } from './run.ts';

/** One command line with all services of the program, on this process' streams and signals; gives its exit status. */
export function main(words: readonly string[]): Promise<number> {
  const interrupted = new AbortController();
  // The first Ctrl+C asks the task to stop and keep what it has; the second one leaves at once.
  process.on('SIGINT', () => {
    if (interrupted.signal.aborted) process.exit(130);
    interrupted.abort();
  });
  process.on('SIGTERM', () => interrupted.abort());
  const log = createLog({ folder: logFolder(), name: 'command' });
  return runCommandLine(
    words,
    loggedServices(log, createServices({ runTask: runInChild }), new Set(['batch', 'worker'])),
    { out: (text) => process.stdout.write(text), error: process.stderr },
    interrupted.signal,
  );
}
