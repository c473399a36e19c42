import type { ByteSource } from './byteSource.ts';
import { checkSum, RunningChecksum } from './checksum.ts';
import type { Container, StoredBytes } from './container.ts';
import { gather, isContiguous } from './gather.ts';
import { readLegacyCheckpoint } from './legacyCheckpoint.ts';
import { mostBytes } from './limits.ts';
import { type NamedValues, nameValues } from './namedValues.ts';
import type { Refuse } from './refusal.ts';
import { type CheckpointTensor, elementCount } from './values.ts';
import { readZipCheckpoint, unpack } from './zipCheckpoint.ts';

const pieceBytes = 4 * 2 ** 20;

/** A `.pth` file: its values by path, and its tensors' numbers on request. */
export type Checkpoint = NamedValues & {
  readonly format: Container['format'];
  /** Elements in row-major order, little-endian, aligned. @throws AppError `bad-weights` */
  read(tensor: CheckpointTensor): Promise<Uint8Array>;
  /** The same in pieces; the checksum is checked before the last one is given. */
  pieces(tensor: CheckpointTensor): AsyncGenerator<Uint8Array>;
};

/**
 * Reads what a checkpoint consists of. Nothing of it is run and no numbers are read yet.
 * @throws AppError `bad-weights` for anything that is not a checkpoint through and through
 */
export async function readCheckpoint(source: ByteSource, refuse: Refuse): Promise<Checkpoint> {
  const start = Buffer.from(await source.read(0, Math.min(2, source.bytes))).toString('latin1');
  const container = await (start === 'PK' ? readZipCheckpoint : readLegacyCheckpoint)(
    source,
    refuse,
  );
  const named = nameValues(container.root, refuse);
  checkStorages(container, named, source.bytes, refuse);
  const numbers = new Numbers(source, container, refuse);
  return {
    format: container.format,
    tensors: named.tensors,
    values: named.values,
    read: (tensor) => numbers.read(tensor),
    pieces: (tensor) => numbers.pieces(tensor),
  };
}

/** Every tensor has its storage, of the size that was said, and written out they stay in proportion to the file. */
function checkStorages(
  { storages }: Container,
  { tensors }: NamedValues,
  fileBytes: number,
  refuse: Refuse,
): void {
  let total = 0;
  for (const [name, { storage, shape, dtype }] of tensors) {
    const stored = storages.get(storage.key);
    if (stored === undefined) throw refuse(`the numbers of "${name}" are not in it`);
    if (stored.bytes !== storage.bytes)
      throw refuse(
        `the numbers of "${name}" take ${stored.bytes} bytes, not ${storage.bytes} as said`,
      );
    total += elementCount(shape) * dtype.bytes;
  }
  if (total > mostBytes(fileBytes))
    throw refuse(
      `its tensors come to ${total} bytes in a file of ${fileBytes}, at most ${mostBytes(fileBytes)} are read`,
      'Where you trust it, save each expanded tensor as tensor.clone().',
    );
}

/** Reads the elements of tensors. Keeps the storage that was unpacked or gathered from last: neighbours often share it. */
class Numbers {
  readonly #source: ByteSource;
  readonly #container: Container;
  readonly #refuse: Refuse;
  readonly #checked = new Set<string>();
  #kept: { readonly key: string; readonly bytes: Uint8Array } | undefined;

  constructor(source: ByteSource, container: Container, refuse: Refuse) {
    this.#source = source;
    this.#container = container;
    this.#refuse = refuse;
  }

  async read(tensor: CheckpointTensor): Promise<Uint8Array> {
    const stored = this.#stored(tensor);
    const span = spanOf(tensor);
    const whole = span.start === 0 && span.bytes === stored.bytes;
    if (!isContiguous(tensor.shape, tensor.stride)) return this.#gathered(tensor, stored);
    if (stored.deflated !== undefined) {
      const storage = await this.#storage(tensor.storage.key, stored);
      return storage.slice(span.start, span.start + span.bytes);
    }
    if (!whole) await this.#check(tensor.storage.key, stored);
    const bytes = await this.#source.read(stored.position + span.start, span.bytes);
    if (whole) checkSum(bytes, stored, this.#refuse);
    return bytes;
  }

  async *pieces(tensor: CheckpointTensor): AsyncGenerator<Uint8Array> {
    const stored = this.#stored(tensor);
    const { start, bytes } = spanOf(tensor);
    const whole = start === 0 && bytes === stored.bytes;
    const inPlace = stored.deflated === undefined && isContiguous(tensor.shape, tensor.stride);
    if (inPlace && whole) yield* this.#checkedPieces(stored);
    else if (inPlace) {
      await this.#check(tensor.storage.key, stored);
      for (let at = 0; at < bytes; at += pieceBytes)
        yield await this.#source.read(
          stored.position + start + at,
          Math.min(pieceBytes, bytes - at),
        );
    } else yield await this.read(tensor);
  }

  #stored({ storage }: CheckpointTensor): StoredBytes {
    return this.#container.storages.get(storage.key)!;
  }

  async #gathered(tensor: CheckpointTensor, stored: StoredBytes): Promise<Uint8Array> {
    const { key } = tensor.storage;
    const { start } = spanOf(tensor);
    const storage = await this.#storage(key, stored);
    const { shape, stride, dtype } = tensor;
    return gather(storage.subarray(start), { shape, stride, elementBytes: dtype.bytes });
  }

  async #storage(key: string, stored: StoredBytes): Promise<Uint8Array> {
    if (this.#kept?.key === key) return this.#kept.bytes;
    this.#kept = undefined;
    const bytes = await unpack(this.#source, stored, this.#refuse);
    this.#kept = { key, bytes };
    return bytes;
  }

  async *#checkedPieces(stored: StoredBytes): AsyncGenerator<Uint8Array> {
    const sum = new RunningChecksum(stored, this.#refuse);
    for (let at = 0; at < stored.bytes; at += pieceBytes) {
      const length = Math.min(pieceBytes, stored.bytes - at);
      const piece = await this.#source.read(stored.position + at, length);
      sum.add(piece);
      if (at + length === stored.bytes) sum.finish();
      yield piece;
    }
  }

  /** Checks all bytes of a storage of which only a part is read, once. */
  async #check(key: string, stored: StoredBytes): Promise<void> {
    if (stored.checksum === undefined || this.#checked.has(key)) return;
    for await (const _ of this.#checkedPieces(stored));
    this.#checked.add(key);
  }
}

/** Bytes from the first element to the end, for contiguous tensors. */
function spanOf({ offset, shape, dtype }: CheckpointTensor): {
  readonly start: number;
  readonly bytes: number;
} {
  return { start: offset * dtype.bytes, bytes: elementCount(shape) * dtype.bytes };
}
