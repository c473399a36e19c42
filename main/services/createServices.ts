import { api, type CallName, type Output } from '../../app/contract/api.ts';
import type { ProgressEvent } from '../../app/contract/events.ts';
import { AppError } from '../../app/error.ts';
import type { RunTask } from '../workers/host.ts';
import { evaluate } from './evaluate.ts';
import { runTask } from './runTask.ts';

/** What a caller may give along with a call. */
export type CallOptions = {
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: ProgressEvent) => void;
};

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

export type ServiceDependencies = { readonly runTask: RunTask };

/** What services need to run one call. */
export type CallContext = CallOptions & ServiceDependencies;

type Handler = (input: never, context: CallContext) => Promise<unknown>;

/** Calls that do more than run their task; all others are one task in one compute process. */
const handlers: Partial<Record<CallName, Handler>> = { evaluate };

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
