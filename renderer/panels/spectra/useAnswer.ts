import { useEffect, useState } from 'react';
import { type ErrorRecord, errorRecord } from '../../../app/error.ts';

/** What a question to the host has come to. The last answer stays while a newer one is on its way. */
export type Answer<Value> = {
  readonly value: Value | undefined;
  readonly error: ErrorRecord | undefined;
  readonly waiting: boolean;
};

const silent = { value: undefined, error: undefined, waiting: false };

/**
 * Asks again whenever `key` is another text, `quietMs` after the last change; a question that is no longer wanted is cancelled.
 * Undefined key: nothing is asked.
 */
export function useAnswer<Value>(
  key: string | undefined,
  ask: (signal: AbortSignal) => Promise<Value>,
  quietMs: number,
): Answer<Value> {
  const [answer, setAnswer] = useState<Answer<Value>>(silent);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key stands for all that the question depends on
  useEffect(() => {
    if (key === undefined) return setAnswer(silent);
    const controller = new AbortController();
    setAnswer((before) => ({ ...before, waiting: true }));
    const timer = setTimeout(() => {
      ask(controller.signal).then(
        (value) => {
          if (!controller.signal.aborted) setAnswer({ value, error: undefined, waiting: false });
        },
        (error: unknown) => {
          if (!controller.signal.aborted)
            setAnswer({ value: undefined, error: errorRecord(error), waiting: false });
        },
      );
    }, quietMs);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [key]);
  return answer;
}
