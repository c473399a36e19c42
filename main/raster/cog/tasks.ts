/**
 * A bounded number of tasks at a time. The first failure is kept and thrown to whoever next starts or drains; tasks that
 * run already are waited for, so that nothing goes on behind a closed file.
 */
export class Tasks {
  readonly #limit: number;
  readonly #running = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits for a free place, then starts `work` and returns without waiting for its end. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.#running.size >= this.#limit) await Promise.race(this.#running);
    this.#throwFailure();
    const task = work().catch((error: unknown) => {
      this.#failure ??= { error };
    });
    const tracked = task.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
  }

  /** Waits for all tasks. @throws the first failure */
  async drain(): Promise<void> {
    await this.settle();
    this.#throwFailure();
  }

  /** Waits for all tasks, whatever became of them. */
  async settle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
