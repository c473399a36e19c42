import { join } from 'node:path';
import type { Random } from '../../app/random.ts';
import { openTensorFile } from '../../main/weights/openTensorFile.ts';
import {
  legacyCheckpoint,
  type ZipRecord,
  zipCheckpoint,
  zipFile,
} from '../../main/weights/testing/checkpointWriter.ts';
import { seedCheckpoints, seedPickle, seedStorages } from '../../main/weights/testing/seeds.ts';
import { places } from '../messages.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { randomPickle } from '../mutate/pickleGrammar.ts';
import type { Attacked, HostileCase, Target } from '../target.ts';

const file = 'case.pth';
const seeds = Object.entries(seedCheckpoints);

/** Reads all tensors of a file, as an import does. */
export async function readTensors(path: string): Promise<void> {
  const opened = await openTensorFile(path);
  try {
    for (const name of opened.tensors.keys()) {
      await opened.read(name);
      let bytes = 0;
      for await (const piece of opened.pieces(name)) bytes += piece.length;
      if (bytes !== opened.tensors.get(name)!.bytes) throw new Error(`${name} has ${bytes} bytes`);
    }
  } finally {
    await opened.close();
  }
}

/** A pickle in a container whose checksums are right, so that the machine behind it is reached. */
function contained(content: Buffer, random: Random): Buffer {
  return random.integer(3) === 0
    ? legacyCheckpoint(content, { 0: seedStorages[0] })
    : zipCheckpoint(content, seedStorages, random.integer(4) === 0);
}

/** An archive with records that lie about themselves. */
function lyingArchive(random: Random): Buffer {
  const odd = [
    'x/data.pkl',
    '../data.pkl',
    'x/../../etc/data.pkl',
    'C:\\data.pkl',
    '',
    'x/data/0\0',
  ];
  const records = Array.from(
    { length: 1 + random.integer(5) },
    (_, i): ZipRecord => ({
      name: i === 0 ? 'x/data.pkl' : pick([`x/data/${i - 1}`, ...odd], random),
      data: i === 0 ? seedPickle : Buffer.alloc(random.integer(400), i),
      deflate: random.integer(2) === 0,
      ...(random.integer(4) === 0 ? { claimedBytes: pick([0, 1, 2 ** 31, 400], random) } : {}),
      ...(random.integer(8) === 0 ? { flags: random.integer(65536) } : {}),
      ...(random.integer(8) === 0 ? { method: random.integer(100) } : {}),
      ...(random.integer(8) === 0 ? { checksum: random.integer(2 ** 31) } : {}),
    }),
  );
  return zipFile(records, random.integer(3) === 0);
}

async function open(folder: string): Promise<Attacked> {
  const canary = join(folder, '..', places.canary);
  const kinds: readonly ((random: Random) => readonly [made: string, bytes: Buffer])[] = [
    (random) => {
      const [name, bytes] = pick(seeds, random);
      return [`bytes of ${name}`, mutateBytes(bytes, random)];
    },
    (random) => ['damaged pickle', contained(mutateBytes(seedPickle, random), random)],
    (random) => ['flipped pickle', contained(flipBytes(seedPickle, random), random)],
    (random) => ['grammar', contained(randomPickle(random, canary), random)],
    (random) => ['grammar', contained(randomPickle(random, canary), random)],
    (random) => [
      'damaged grammar',
      contained(flipBytes(randomPickle(random, canary), random, 2), random),
    ],
    (random) => ['archive', lyingArchive(random)],
  ];
  return {
    wellFormed: seeds.map(([seed, bytes]) => ({ seed, files: { [file]: bytes } })),
    make: (random, index): HostileCase => {
      const [seed, bytes] = kinds[index % kinds.length]!(random);
      return { seed, files: { [file]: bytes } };
    },
    read: (place) => readTensors(join(place, file)),
  };
}

/** Checkpoints of PyTorch, zip and legacy. */
export const pickles: Target = {
  name: 'pth',
  group: 'weights',
  counts: { short: 3000, usual: 200_000, long: 2_000_000 },
  open,
};
