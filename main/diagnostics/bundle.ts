import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { strToU8, zipSync } from 'fflate';
import { writeFileAtomic } from '../atomicFile.ts';
import { logFiles } from './log.ts';
import { withoutPrivate } from './withoutPrivate.ts';

/** Logs are bounded (`createLog`); one that some other program made larger is cut. */
const mostBytes = 2 ** 23;

const about = `What is in this archive

environment.json  version of the program, processor, memory, numerical engine, missing parts
logs/             what the program did: times, events, codes of errors, places in its own sources

It holds no pixels, no names or paths of files, no names of classes, projects or people, no addresses, and no
messages that could repeat them. Look for yourself before you pass it on: everything in it is text.
`;

/**
 * Writes a zip with what helps to find a fault and nothing that is private.
 * @param environment Facts about program and machine that hold nothing private; plain JSON
 * @returns names of the files in it
 * @throws AppError `not-writable`, `disk-full`
 */
export async function writeDiagnostics(
  out: string,
  logFolder: string,
  environment: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const files: Record<string, Uint8Array> = {
    'README.txt': strToU8(about),
    'environment.json': strToU8(`${JSON.stringify(environment, undefined, 2)}\n`),
  };
  for (const path of logFiles(logFolder)) {
    const text = await readFile(path, 'utf8').catch(() => '');
    const lines = text.slice(-mostBytes).split('\n').map(withoutPrivate);
    const kept = lines.filter((line) => line !== undefined);
    if (kept.length > 0) files[`logs/${basename(path)}`] = strToU8(`${kept.join('\n')}\n`);
  }
  await writeFileAtomic(out, zipSync(files));
  return Object.keys(files);
}
