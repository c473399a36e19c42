import { api, type CallName, type Input, type Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import { batch } from './batch/batch.ts';
import type { CallContext, CallOptions, ServiceDependencies } from './callContext.ts';
import { change } from './change.ts';
import { compare } from './compare.ts';
import { diagnostics } from './diagnostics.ts';
import { evaluate } from './evaluate.ts';
import { pretrain } from './pretrain.ts';
import { createKey } from './provenance/keys.ts';
import { replay } from './provenance/replay.ts';
import { signRecords, verifyRecords } from './provenance/sign.ts';
import { runTask } from './runTask.ts';

/** The application's calls, the same for the command line, the served mode and the window. */
export type Services = {
  /**
   * Runs a call. `input` is checked against the call's schema here, whoever calls.
   * @throws AppError `usage` for wrong input, else what the call throws
   */
  call<Name extends CallName>(
    name: Name,
    input: unknown,
    options?: CallOptions,
  ): Promise<Output<Name>>;
};

type Handler = (input: never, context: CallContext) => Promise<unknown>;

/** Calls that do more than run their task; all others are one task in one compute process. */
const handlers: Partial<Record<CallName, Handler>> = {
  batch,
  change,
  compare,
  evaluate,
  pretrain,
  replay,
  sign: signRecords,
  verify: verifyRecords,
  // what speaks to Redis is loaded where it is wanted only
  worker: async (input: Input<'worker'>, context) =>
    (await import('./worker/worker.ts')).worker(input, context),
  queue: async (input: Input<'queue'>) => (await import('./worker/queue.ts')).queue(input),
  'key create': createKey,
  diagnostics,
};

export function createServices(dependencies: ServiceDependencies): Services {
  return {
    call: async <Name extends CallName>(name: Name, input: unknown, options: CallOptions = {}) => {
      const parsed = api[name].input.safeParse(input);
      if (!parsed.success)
        throw new AppError(
          'usage',
          parsed.error.issues
            .map((issue) => `${issue.path.join('.')}: ${issue.message}`)
            .join('; '),
        );
      const context = { ...options, ...dependencies };
      const handler = handlers[name];
      const value =
        handler === undefined
          ? await runTask(name, parsed.data, context)
          : await handler(parsed.data as never, context);
      return value as Output<Name>;
    },
  };
}
