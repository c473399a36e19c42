import type { CallContext } from './callContext.ts';

/** One task in a compute process of its own. */
export function runTask(task: string, input: unknown, context: CallContext): Promise<unknown> {
  const { threads } = input as { readonly threads?: number };
  const { signal, onEvent } = context;
  return context.runTask({
    task,
    input,
    ...(signal === undefined ? {} : { signal }),
    ...(onEvent === undefined ? {} : { onEvent }),
    ...(threads === undefined ? {} : { threads }),
  });
}
