import { AppError } from '../../../app/error.ts';
import { isPrivateHost } from '../../privateAddresses.ts';
import { type ByteRange, type ByteSource, checkRange } from './byteSource.ts';

/** Requests are made in whole blocks of this many bytes; neighbours are fetched together. */
const blockBytes = 2 ** 16;
/** Blocks kept, in all 16 MiB. */
const keptBlocks = 256;
/** A gap of up to so many blocks between two wanted ranges is fetched along: cheaper than a second request. */
const gapBlocks = 2;
/** Most blocks of one request. */
const requestBlocks = 512;
const requestsAtOnce = 4;
const mostRedirects = 5;
const attempts = 3;
const requestTimeout = 30_000;

/** Opens an http(s) address that answers range requests. @throws AppError `network`, `not-found` */
export async function openHttp(uri: string, signal?: AbortSignal): Promise<ByteSource> {
  const connection = new Connection(uri);
  await connection.open(signal);
  const source: ByteSource = {
    uri,
    size: connection.size,
    read: async (ranges, given) => {
      for (const range of ranges) checkRange(source, range);
      return connection.read(ranges, given);
    },
    counters: () => ({ bytes: connection.bytes, requests: connection.requests }),
    close: () => Promise.resolve(connection.close()),
  };
  return source;
}

type Block = Uint8Array<ArrayBuffer>;

/** One address with its cache of blocks. */
class Connection {
  readonly #uri: string;
  #target: string;
  #tag: string | null = null;
  readonly #blocks = new Map<number, Block>();
  readonly #closed = new AbortController();
  size = 0;
  bytes = 0;
  requests = 0;

  constructor(uri: string) {
    this.#uri = uri;
    this.#target = uri;
  }

  /** The first request: learns the size, follows redirects, keeps the first block. */
  async open(signal?: AbortSignal): Promise<void> {
    const response = await this.#request(0, blockBytes - 1, signal);
    const total = /\/(\d+)$/.exec(response.headers.get('content-range') ?? '')?.[1];
    if (response.status !== 206 || total === undefined) {
      await response.body?.cancel();
      throw this.#error(
        'the server does not answer range requests',
        'Download the file and open the copy',
      );
    }
    this.size = Number(total);
    this.#tag = response.headers.get('etag') ?? response.headers.get('last-modified');
    this.#keep(0, await this.#body(response, Math.min(blockBytes, this.size)));
  }

  close(): void {
    this.#closed.abort();
    this.#blocks.clear();
  }

  async read(ranges: readonly ByteRange[], signal?: AbortSignal): Promise<Block[]> {
    const wanted = new Set<number>();
    for (const { offset, length } of ranges) {
      const last = Math.floor((offset + Math.max(length, 1) - 1) / blockBytes);
      for (let i = Math.floor(offset / blockBytes); i <= last; i++) wanted.add(i);
    }
    // Held here as well, because the cache may drop blocks before all of the ranges are put together.
    const held = await this.#fetchBlocks(
      [...wanted].sort((a, b) => a - b),
      signal,
    );
    return ranges.map((range) => assemble(range, held));
  }

  async #fetchBlocks(wanted: readonly number[], signal?: AbortSignal): Promise<Map<number, Block>> {
    const held = new Map<number, Block>();
    const missing: number[] = [];
    for (const index of wanted) {
      const block = this.#blocks.get(index);
      if (block === undefined) missing.push(index);
      else held.set(index, block);
    }
    const runs = coalesce(missing);
    for (let i = 0; i < runs.length; i += requestsAtOnce) {
      const some = runs.slice(i, i + requestsAtOnce);
      await Promise.all(some.map((run) => this.#fetchRun(run, held, signal)));
    }
    return held;
  }

  async #fetchRun(run: Run, held: Map<number, Block>, signal?: AbortSignal): Promise<void> {
    const from = run.first * blockBytes;
    const to = Math.min(this.size, (run.last + 1) * blockBytes);
    const bytes = await this.#range(from, to, signal);
    for (let i = run.first; i <= run.last; i++) {
      const block = bytes.slice((i - run.first) * blockBytes, (i + 1 - run.first) * blockBytes);
      held.set(i, block);
      this.#keep(i, block);
    }
  }

  async #range(from: number, to: number, signal?: AbortSignal): Promise<Block> {
    const response = await this.#request(from, to - 1, signal);
    const tag = response.headers.get('etag') ?? response.headers.get('last-modified');
    if (response.status !== 206 || tag !== this.#tag) {
      await response.body?.cancel();
      throw this.#error('the file changed while it was being read', 'Open it again');
    }
    return this.#body(response, to - from);
  }

  /** The body of a response, which must have exactly the length asked for. */
  async #body(response: Response, length: number): Promise<Block> {
    const result = new Uint8Array(length);
    let filled = 0;
    try {
      for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
        if (filled + chunk.length > length) throw new Error('it sent more than was asked for');
        result.set(chunk, filled);
        filled += chunk.length;
      }
    } catch (error) {
      throw this.#error(reasonOf(error), 'Check the connection and try again');
    }
    if (filled < length) {
      throw this.#error(
        `it sent ${filled} of ${length} bytes`,
        'Check the connection and try again',
      );
    }
    this.bytes += length;
    return result;
  }

  #keep(index: number, block: Block): void {
    this.#blocks.set(index, block);
    if (this.#blocks.size > keptBlocks) this.#blocks.delete(this.#blocks.keys().next().value!);
  }

  /** One range request with redirects and, after failures of the server or the line, two more attempts. */
  async #request(from: number, to: number, signal?: AbortSignal): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(from, to, signal);
      if (outcome instanceof Response) return outcome;
      if (signal?.aborted === true) throw new AppError('cancelled', 'Reading was cancelled.');
      if (attempt === attempts || !outcome.again) {
        throw outcome.missing
          ? new AppError(
              'not-found',
              `${this.#uri} does not exist (${outcome.reason}). Check the address.`,
            )
          : this.#error(outcome.reason, 'Check the address and the connection');
      }
      await new Promise((resolve) => setTimeout(resolve, 200 * attempt));
    }
  }

  async #attempt(from: number, to: number, signal?: AbortSignal): Promise<Response | Failure> {
    const signals = [this.#closed.signal, AbortSignal.timeout(requestTimeout)];
    if (signal !== undefined) signals.push(signal);
    try {
      for (let redirects = 0; redirects <= mostRedirects; redirects++) {
        this.requests++;
        const response = await fetch(this.#target, {
          headers: { range: `bytes=${from}-${to}`, 'accept-encoding': 'identity' },
          redirect: 'manual',
          signal: AbortSignal.any(signals),
        });
        if (response.status < 300) return response;
        await response.body?.cancel();
        const failure = await this.#follow(response);
        if (failure !== undefined) return failure;
      }
      return { reason: `more than ${mostRedirects} redirects`, again: false, missing: false };
    } catch (error) {
      return { reason: reasonOf(error), again: true, missing: false };
    }
  }

  /** Turns to the address that a redirect names, or says why not. */
  async #follow(response: Response): Promise<Failure | undefined> {
    const { status } = response;
    const location = response.headers.get('location');
    if (status >= 400 || location === null) {
      const reason = `the server answered ${status}`;
      return {
        reason,
        again: status >= 500 || status === 429,
        missing: status === 404 || status === 410,
      };
    }
    const target = new URL(location, this.#target);
    if (target.protocol !== 'http:' && target.protocol !== 'https:') {
      return { reason: `a redirect to ${target.protocol}`, again: false, missing: false };
    }
    // a public server has no business in the network of who asks it
    const before = new URL(this.#target);
    if (
      target.hostname !== before.hostname &&
      (await isPrivateHost(target)) &&
      !(await isPrivateHost(before))
    )
      return { reason: 'a redirect into a private network', again: false, missing: false };
    this.#target = target.href;
    return undefined;
  }

  #error(reason: string, cure: string): AppError {
    return new AppError('network', `${this.#uri} could not be read: ${reason}. ${cure}.`, {
      uri: this.#uri,
      reason,
    });
  }
}

type Failure = { readonly reason: string; readonly again: boolean; readonly missing: boolean };
type Run = { readonly first: number; readonly last: number };

/** Sorted block numbers as runs, small gaps closed. */
export function coalesce(blocks: readonly number[]): Run[] {
  const runs: { first: number; last: number }[] = [];
  for (const block of blocks) {
    const run = runs.at(-1);
    const near = run !== undefined && block - run.last <= gapBlocks + 1;
    if (near && block - run.first < requestBlocks) run.last = block;
    else runs.push({ first: block, last: block });
  }
  return runs;
}

function assemble({ offset, length }: ByteRange, blocks: ReadonlyMap<number, Block>): Block {
  const result = new Uint8Array(length);
  for (let filled = 0; filled < length; ) {
    const at = offset + filled;
    const index = Math.floor(at / blockBytes);
    const start = at - index * blockBytes;
    const part = blocks.get(index)!.subarray(start, start + length - filled);
    result.set(part, filled);
    filled += part.length;
  }
  return result;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? `: ${error.cause.message}` : '';
  return `${error.message}${cause}`;
}
