import type { ByteSource } from './byteSource.ts';
import type { Container, StoredBytes } from './container.ts';
import { limits } from './limits.ts';
import { checkpointMeaning } from './meaning.ts';
import { type PickleResult, readPickle } from './pickle.ts';
import type { Meaning } from './pickleMachine.ts';
import { keyText } from './plainText.ts';
import type { Refuse } from './refusal.ts';
import { isKind, type PickleValue, type StorageReference } from './values.ts';

/** First pickle of the file, and second. */
const magic = 0x1950a86a20f9469cfc6cn;
const version = 1001;

/**
 * Takes a checkpoint apart as PyTorch wrote it before 1.6: pickles of a magic number, a version, facts of the machine, the content
 * and the order of storages; then for each storage its number of elements (int64) and its bytes.
 */
export async function readLegacyCheckpoint(source: ByteSource, refuse: Refuse): Promise<Container> {
  try {
    return await readFrom(source, usualHead, refuse);
  } catch (error) {
    // Where the pickles end, only they know: those that are longer than usual failed for want of bytes.
    if (source.bytes <= usualHead) throw error;
    return readFrom(source, limits.pickleBytes, refuse);
  }
}

/** Bytes that hold the pickles of any common checkpoint. */
const usualHead = 2 ** 20;

async function readFrom(source: ByteSource, most: number, refuse: Refuse): Promise<Container> {
  const head = await source.read(0, Math.min(source.bytes, most));
  const mentioned = new Map<string, StorageReference>();
  const meaning = checkpointMeaning(refuse);
  const noting: Meaning = {
    ...meaning,
    persistent: (id) => note(meaning.persistent(id), mentioned, refuse),
  };
  const next = (from: number): PickleResult => readPickle(head, from, noting, refuse);
  const first = next(0);
  if (first.value !== magic)
    throw refuse('it is a pickle of something else', 'Give a file written by torch.save.');
  const second = next(first.end);
  if (second.value !== version)
    throw refuse(`its version is not ${version}`, 'Save it again by torch.save.');
  const machine = next(second.end);
  checkByteOrder(machine.value, refuse);
  const content = next(machine.end);
  const order = next(content.end);
  const storages = await locate(source, { order, mentioned }, refuse);
  return { format: 'PyTorch (before 1.6)', root: content.value, storages };
}

function note(
  value: StorageReference,
  mentioned: Map<string, StorageReference>,
  refuse: Refuse,
): StorageReference {
  const known = mentioned.get(value.key);
  if (known !== undefined && (known.elements !== value.elements || known.dtype !== value.dtype))
    throw refuse(`storage "${value.key}" is described in two ways`);
  mentioned.set(value.key, value);
  return value;
}

function checkByteOrder(facts: PickleValue, refuse: Refuse): void {
  if (isKind(facts, 'dict') && facts.entries?.get('little_endian') === false)
    throw refuse(
      'its numbers are not little-endian',
      'Load and save it again on a common (little-endian) machine.',
    );
}

async function locate(
  source: ByteSource,
  {
    order,
    mentioned,
  }: { readonly order: PickleResult; readonly mentioned: ReadonlyMap<string, StorageReference> },
  refuse: Refuse,
): Promise<ReadonlyMap<string, StoredBytes>> {
  if (!isKind(order.value, 'list')) throw refuse('the order of its storages is missing');
  if (order.value.items.length > limits.entries)
    throw refuse(`it has ${order.value.items.length} storages`);
  const located = new Map<string, StoredBytes>();
  let at = order.end;
  for (const item of order.value.items) {
    const key = typeof item === 'string' ? item : keyText(item);
    const reference = mentioned.get(key);
    if (reference === undefined || located.has(key))
      throw refuse(
        `the order of its storages names "${key}", which is not in its content or twice`,
      );
    const size = Buffer.from(await source.read(at, 8));
    if (size.readBigInt64LE() !== BigInt(reference.elements))
      throw refuse(`storage "${key}" has another number of elements than said`);
    const stored = { position: at + 8, bytes: reference.elements * (reference.dtype?.bytes ?? 1) };
    at = stored.position + stored.bytes;
    if (at > source.bytes) throw refuse(`storage "${key}" is cut off`);
    located.set(key, stored);
  }
  return located;
}
