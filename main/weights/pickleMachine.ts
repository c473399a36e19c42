import { limits } from './limits.ts';
import type { Refuse } from './refusal.ts';
import type { PickleGlobal, PickleValue, StorageReference } from './values.ts';

/** What the names in a pickle stand for. Each makes a value from values; none runs anything. */
export type Meaning = {
  /** A class or function that the pickle names. */
  global(module: string, name: string): PickleValue;
  /** An object of a class, or what a function would give. */
  call(callee: PickleGlobal, args: readonly PickleValue[]): PickleValue;
  /** Numbers outside the pickle. */
  persistent(id: PickleValue): StorageReference;
};

/** The stack, the memo, and the place in the bytes. */
export class PickleMachine {
  readonly meaning: Meaning;
  readonly refuse: Refuse;
  readonly memo = new Map<number, PickleValue>();
  at: number;
  stopped = false;
  readonly #bytes: Buffer;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack at which something began. */
  readonly #marks: number[] = [];
  #containers = 0;

  constructor(bytes: Uint8Array, from: number, meaning: Meaning, refuse: Refuse) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = from;
    this.meaning = meaning;
    this.refuse = refuse;
  }

  /** The next `length` bytes, as a view. */
  take(length: number): Buffer {
    const start = this.at;
    if (length > this.#bytes.length - start) throw this.refuse('its pickle ends too soon');
    this.at += length;
    return this.#bytes.subarray(start, this.at);
  }

  byte(): number {
    const value = this.#bytes[this.at];
    if (value === undefined) throw this.refuse('its pickle ends too soon');
    this.at += 1;
    return value;
  }

  /** A length field of 1, 4 or 8 bytes, at most `most`. */
  length(fieldBytes: 1 | 4 | 8, most: number): number {
    const field = this.take(fieldBytes);
    const value =
      fieldBytes === 8 ? Number(field.readBigUInt64LE()) : field.readUIntLE(0, fieldBytes);
    if (value > most)
      throw this.refuse(`its pickle has a value of ${value} bytes, at most ${most} are read`);
    return value;
  }

  /** Text up to the end of a line. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.at);
    if (end < 0) throw this.refuse('its pickle ends too soon');
    if (end - this.at > limits.nameLength) throw this.refuse('its pickle has an endless name');
    const text = this.#bytes.toString('utf8', this.at, end);
    this.at = end + 1;
    return text;
  }

  push(value: PickleValue): void {
    this.#stack.push(value);
  }

  /** Counts a value that takes memory of its own. */
  contain<Value extends PickleValue>(value: Value): Value {
    this.#containers += 1;
    if (this.#containers > limits.containers)
      throw this.refuse(`its pickle has more than ${limits.containers} lists and dictionaries`);
    return value;
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      throw this.refuse('its pickle takes more values than it gives');
    return this.#stack.pop()!;
  }

  top(): PickleValue {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length === limits.depth)
      throw this.refuse(`its pickle is nested more than ${limits.depth} deep`);
    this.#marks.push(this.#stack.length);
  }

  /** All values since the last mark, which goes. */
  popMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined) throw this.refuse('its pickle ends a list that never began');
    return this.#stack.splice(height);
  }

  remember(index: number): void {
    if (this.memo.size >= limits.memo && !this.memo.has(index))
      throw this.refuse(`its pickle remembers more than ${limits.memo} values`);
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw this.refuse('its pickle recalls a value that it never stored');
    this.push(value);
  }
}
