import { limits } from './limits.ts';
import { handlers } from './opcodes.ts';
import { type Meaning, PickleMachine } from './pickleMachine.ts';
import type { Refuse } from './refusal.ts';
import type { PickleValue } from './values.ts';

export type PickleResult = {
  readonly value: PickleValue;
  /** First byte behind it. */
  readonly end: number;
};

/**
 * Reads one pickle (protocols 2 to 5) by a stack machine with the opcodes of `opcodes.ts`, and nothing else.
 * @throws AppError `bad-weights` for any other opcode, for stacks that do not fit, and over the limits
 */
export function readPickle(
  bytes: Uint8Array,
  from: number,
  meaning: Meaning,
  refuse: Refuse,
): PickleResult {
  const machine = new PickleMachine(bytes, from, meaning, refuse);
  for (let count = 0; !machine.stopped; count++) {
    if (count === limits.operations)
      throw refuse(`its pickle has more than ${limits.operations} operations`);
    const opcode = machine.byte();
    const handler = handlers[opcode];
    if (handler === undefined) {
      const code = `0x${opcode.toString(16).padStart(2, '0')}`;
      throw refuse(`its pickle has the opcode ${code}, which checkpoints do not need`);
    }
    handler(machine);
  }
  return { value: machine.pop(), end: machine.at };
}
