import { AppError } from '../../../app/error.ts';

/**
 * Work of which the newest comes first: while a map is panned, what it shows now counts and what it showed a moment ago does
 * not. A few run at a time, so that one waits for its file while another is decoded.
 */
export class NewestFirst {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** @throws AppError `cancelled` without having begun where the signal aborts first; what `work` throws */
  async run<Result>(work: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#free += 1;
      this.#waiting.pop()?.();
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw cancelled();
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', abort);
        this.#free -= 1;
        resolve();
      };
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(cancelled());
      };
      this.#waiting.push(start);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}

const cancelled = (): AppError => new AppError('cancelled', 'Cancelled.');
