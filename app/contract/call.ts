import type { z } from 'zod';

/** One call: what it takes and what it gives. Types, message checks, command-line options and help come from here. */
export type Call<Input extends z.ZodObject, Output extends z.ZodObject> = {
  readonly summary: string;
  readonly input: Input;
  readonly output: Output;
};

/** A call of its parts; here for the types that it infers. */
export function call<Input extends z.ZodObject, Output extends z.ZodObject>(
  summary: string,
  input: Input,
  output: Output,
): Call<Input, Output> {
  return { summary, input, output };
}
