import { inflateRawSync } from 'node:zlib';
import type { ByteSource } from './byteSource.ts';
import { checkSum } from './checksum.ts';
import type { Container, StoredBytes } from './container.ts';
import { limits } from './limits.ts';
import { checkpointMeaning } from './meaning.ts';
import { readPickle } from './pickle.ts';
import type { Refuse } from './refusal.ts';
import { readZipDirectory } from './zip.ts';

/** Takes a checkpoint apart as PyTorch writes it since 1.6: an archive with a pickle and one record a storage. */
export async function readZipCheckpoint(source: ByteSource, refuse: Refuse): Promise<Container> {
  const records = await readZipDirectory(source, refuse);
  // The folder in the archive has the name that the file had when it was saved.
  const pickles = [...records.keys()].filter((name) => /^([^/]+\/)?data\.pkl$/.test(name));
  const [pickleName] = pickles;
  if (pickleName === undefined || pickles.length > 1)
    throw refuse(
      `it is an archive with ${pickles.length} records "data.pkl", where one is needed`,
      'Give a file written by torch.save.',
    );
  const folder = pickleName.slice(0, -'data.pkl'.length);
  if (records.has(`${folder}constants.pkl`))
    throw refuse(
      'it is a TorchScript program',
      "Save the model's state_dict by torch.save and give that file.",
    );
  await checkByteOrder(source, records.get(`${folder}byteorder`), refuse);
  const pickle = records.get(pickleName)!;
  if (pickle.bytes > limits.pickleBytes) throw refuse(`its pickle takes ${pickle.bytes} bytes`);
  const { value } = readPickle(
    await unpack(source, pickle, refuse),
    0,
    checkpointMeaning(refuse),
    refuse,
  );
  const data = `${folder}data/`;
  const storages = [...records].filter(([name]) => name.startsWith(data));
  return {
    format: 'PyTorch',
    root: value,
    storages: new Map(storages.map(([name, stored]) => [name.slice(data.length), stored])),
  };
}

async function checkByteOrder(
  source: ByteSource,
  record: StoredBytes | undefined,
  refuse: Refuse,
): Promise<void> {
  if (record === undefined) return;
  const order =
    record.bytes < 16 ? Buffer.from(await unpack(source, record, refuse)).toString() : '';
  if (order !== 'little')
    throw refuse(
      'its numbers are not little-endian',
      'Load and save it again on a common (little-endian) machine.',
    );
}

/** All bytes of a record, unpacked and checked. Never more than the directory says. */
export async function unpack(
  source: ByteSource,
  stored: StoredBytes,
  refuse: Refuse,
): Promise<Uint8Array> {
  const { position, bytes, deflated } = stored;
  const packed = await source.read(position, deflated ?? bytes);
  const unpacked = deflated === undefined ? packed : inflate(packed, bytes, refuse);
  checkSum(unpacked, stored, refuse);
  return unpacked;
}

function inflate(packed: Uint8Array, bytes: number, refuse: Refuse): Uint8Array {
  let unpacked: Uint8Array;
  try {
    unpacked = inflateRawSync(packed, { maxOutputLength: Math.max(1, bytes) });
  } catch (error) {
    throw refuse(`a packed record of it is damaged (${(error as Error).message})`);
  }
  if (unpacked.length !== bytes) throw refuse('a packed record of it has another size than said');
  // A buffer of its own, so that numbers in it are aligned.
  return new Uint8Array(unpacked);
}
