import { crc32 } from 'node:zlib';
import type { StoredBytes } from './container.ts';
import type { Refuse } from './refusal.ts';

/** @throws AppError `bad-weights` where all bytes of a storage are not those that were written */
export function checkSum(bytes: Uint8Array, stored: StoredBytes, refuse: Refuse): void {
  if (stored.checksum !== undefined && crc32(bytes) !== stored.checksum) throw damaged(refuse);
}

/** The same for bytes that come in pieces, in order. */
export class RunningChecksum {
  readonly #stored: StoredBytes;
  readonly #refuse: Refuse;
  #sum = 0;

  constructor(stored: StoredBytes, refuse: Refuse) {
    this.#stored = stored;
    this.#refuse = refuse;
  }

  add(bytes: Uint8Array): void {
    if (this.#stored.checksum !== undefined) this.#sum = crc32(bytes, this.#sum);
  }

  /** After the last piece. @throws AppError `bad-weights` */
  finish(): void {
    const { checksum } = this.#stored;
    if (checksum !== undefined && checksum !== this.#sum) throw damaged(this.#refuse);
  }
}

const damaged = (refuse: Refuse) =>
  refuse('its numbers have changed since it was written: a checksum does not agree');
