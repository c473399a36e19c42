import { appendFileSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { valueWithoutSecrets } from './secrets.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Writes what happens, a line each. Never throws and never waits: what is logged must not be stopped by its log. */
export type Log = {
  info(event: string, fields?: Fields): void;
  warn(event: string, fields?: Fields): void;
  error(event: string, fields?: Fields): void;
};

type LogOptions = {
  /** Made where it is missing. */
  readonly folder: string;
  /** What the process is: `serve`, `desktop`, `command`. */
  readonly name: string;
  /** A file is followed by another when it is larger. */
  readonly fileBytes?: number;
  /** Files of all processes that are kept, the newest ones. */
  readonly keptFiles?: number;
};

const logFile = /^[a-z]+-\d{8}T\d{9}Z-\d+-\d{4}\.jsonl$/;
/** Longer texts are cut: a stack or the last words of a process fit. */
const mostText = 4000;

/**
 * A log of JSON lines. Each process has files of its own, so that none waits for another or cuts another's line; every line is
 * written before the call returns, so that what was said before a crash is there. A folder that cannot be written costs the log
 * and nothing else; how many lines were lost is said with the next that is written.
 */
export function createLog({ folder, name, fileBytes = 2 ** 21, keptFiles = 10 }: LogOptions): Log {
  const begun = new Date().toISOString().replaceAll(/[-:.]/g, '');
  let [number, written, lost] = [0, Infinity, 0];
  let path = '';
  const next = (): void => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    number += 1;
    path = join(folder, `${name}-${begun}-${process.pid}-${String(number).padStart(4, '0')}.jsonl`);
    written = 0;
    prune(folder, keptFiles - 1);
  };
  const write = (level: string, event: string, fields: Fields = {}): void => {
    try {
      if (written >= fileBytes) next();
      const line = lineOf({ level, event, process: name, ...(lost > 0 ? { lost } : {}) }, fields);
      appendFileSync(path, line, { mode: 0o600 });
      written += Buffer.byteLength(line);
      lost = 0;
    } catch {
      lost += 1;
    }
  };
  return {
    info: (event, fields) => write('info', event, fields),
    warn: (event, fields) => write('warn', event, fields),
    error: (event, fields) => write('error', event, fields),
  };
}

function lineOf(head: Fields, fields: Fields): string {
  const safe = valueWithoutSecrets(fields) as Fields;
  return `${JSON.stringify(
    { time: new Date().toISOString(), ...head, pid: process.pid, ...safe },
    (_, value: unknown) =>
      typeof value === 'string' && value.length > mostText ? `${value.slice(0, mostText)}…` : value,
  )}\n`;
}

/** The files of a folder of logs, the newest first. */
export function logFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => logFile.test(name));
  } catch {
    return [];
  }
  return names
    .map((name) => ({ path: join(folder, name), time: timeOf(join(folder, name)) }))
    .toSorted((a, b) => b.time - a.time || (a.path < b.path ? 1 : -1))
    .map(({ path }) => path);
}

/** 0 for one that another process removed meanwhile. */
function timeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function prune(folder: string, kept: number): void {
  for (const path of logFiles(folder).slice(kept)) rmSync(path, { force: true });
}
