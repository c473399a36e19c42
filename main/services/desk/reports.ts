import { createHash, randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { reportPath } from '../../../app/contract/reportAddress.ts';
import { AppError } from '../../../app/error.ts';

/** A report takes a few megabytes; whatever is far above is none. */
const mostBytes = 64 * 2 ** 20;
const ticketMs = 60_000;

type Ticket = { readonly path: string; readonly expires: number };

/**
 * Reports as pages of their own. A frame cannot show a key in a header, so a window asks for an address first: a ticket that shows one
 * report once. Only reports that this desk wrote get one.
 */
export class Reports {
  readonly #ofJobs: () => readonly string[];
  /** Written by calls that are no jobs, in this session. */
  readonly #written = new Set<string>();
  /** By the hash of the ticket, as keys of sessions are. */
  readonly #tickets = new Map<string, Ticket>();

  constructor(ofJobs: () => readonly string[]) {
    this.#ofJobs = ofJobs;
  }

  wrote(path: string): void {
    this.#written.add(resolve(path));
  }

  /** An address for one request within a minute. @throws AppError `usage`, `not-found`, `unsupported` */
  async open(given: string): Promise<string> {
    const path = resolve(given);
    const known = this.#written.has(path) || this.#ofJobs().some((one) => resolve(one) === path);
    if (!known)
      throw new AppError('usage', `${given} is no report of this project. Open it in a browser.`);
    await reportBytes(path);
    const now = Date.now();
    for (const [key, { expires }] of this.#tickets) if (expires < now) this.#tickets.delete(key);
    const ticket = randomBytes(32).toString('base64url');
    this.#tickets.set(digest(ticket), { path, expires: now + ticketMs });
    return reportPath(ticket);
  }

  /** The report that a ticket is for; undefined for one that is unknown, used or too old. @throws AppError as `open` */
  async read(ticket: string): Promise<Uint8Array | undefined> {
    const key = digest(ticket);
    const found = this.#tickets.get(key);
    this.#tickets.delete(key);
    return found === undefined || found.expires < Date.now() ? undefined : reportBytes(found.path);
  }
}

const digest = (ticket: string): string => createHash('sha256').update(ticket).digest('hex');

/** A file that begins as reports do: a project made elsewhere may name any file as its report. */
async function reportBytes(path: string): Promise<Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true)
    throw new AppError('not-found', `The report ${path} is not there any more. Write it again.`, {
      path,
    });
  const bytes = found.size > mostBytes ? new Uint8Array(0) : await readFile(path);
  if (Buffer.from(bytes.subarray(0, 15)).toString().toLowerCase() !== '<!doctype html>')
    throw new AppError(
      'unsupported',
      `${path} is not the report that was written: it begins otherwise or is larger than 64 MiB. Write it again.`,
      { path },
    );
  return bytes;
}
