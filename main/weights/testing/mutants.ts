// `node mutants.ts FOLDER SEED COUNT FILE…`: opens and reads mutants of checkpoints in this one process, whose memory and time
// are what is measured. Prints one JSON line. Every outcome must be a result or an AppError with a code that is meant.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorRecord } from '../../../app/error.ts';
import { createRandom, type Random } from '../../../app/random.ts';
import { openTensorFile } from '../openTensorFile.ts';

export type MutantReport = {
  readonly read: number;
  readonly refused: number;
  /** Which mutants ended in anything else, and how. */
  readonly bad: readonly string[];
  readonly slowestMs: number;
  /** Peak memory of the process, and what it had before the first mutant. */
  readonly peakBytes: number;
  readonly startBytes: number;
};

const magic = [0, 1, 2, 0x7f, 0x80, 0xff, 0x28, 0x2e, 0x52, 0x63, 0x68, 0x74, 0x75, 0x85, 0x93];

const operators: readonly ((bytes: Buffer, at: number, random: Random) => Buffer)[] = [
  (bytes, at, random) => {
    bytes[at] = random.integer(256);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at]! ^= 1 << random.integer(8);
    return bytes;
  },
  (bytes, at, random) => {
    bytes[at] = magic[random.integer(magic.length)]!;
    return bytes;
  },
  // A length, an offset, a size.
  (bytes, at, random) => {
    const value = [0, 1, 0x7fffffff, 0xffffffff, 2 ** random.integer(32)][random.integer(5)]!;
    if (at + 4 <= bytes.length) bytes.writeUInt32LE(value, at);
    return bytes;
  },
  (bytes, at) => bytes.subarray(0, at),
  (bytes, at, random) =>
    Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random.integer(64))]),
  (bytes, at, random) => {
    const piece = bytes.subarray(at, at + 1 + random.integer(64));
    return Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(at)]);
  },
  (bytes, at, random) => {
    const from = random.integer(bytes.length);
    bytes.copy(bytes, at, from, from + 1 + random.integer(64));
    return bytes;
  },
];

/** Half of the changes go where structure is: the first and the last part of the file. */
function mutate(original: Buffer, random: Random): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let times = 1 + random.integer(4); times > 0 && bytes.length > 0; times--) {
    const near = Math.min(bytes.length, 4096);
    const places = [
      random.integer(bytes.length),
      random.integer(near),
      bytes.length - 1 - random.integer(near),
    ];
    const at = places[random.integer(3)]!;
    bytes = operators[random.integer(operators.length)]!(bytes, at, random);
  }
  return bytes;
}

async function outcome(path: string): Promise<'read' | 'refused'> {
  try {
    const file = await openTensorFile(path);
    try {
      for (const name of file.tensors.keys()) await file.read(name);
    } finally {
      await file.close();
    }
    return 'read';
  } catch (error) {
    const { code } = errorRecord(error);
    if (code === 'bad-weights') return 'refused';
    throw error;
  }
}

async function run(
  folder: string,
  seed: number,
  count: number,
  paths: readonly string[],
): Promise<MutantReport> {
  const originals = paths.map((path) => readFileSync(path));
  const path = join(folder, `mutant-${seed}.pth`);
  const tally = { read: 0, refused: 0 };
  const bad: string[] = [];
  const startBytes = process.resourceUsage().maxRSS * 1024;
  let slowestMs = 0;
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed, 'mutant', String(i));
    writeFileSync(path, mutate(originals[i % originals.length]!, random));
    const started = performance.now();
    try {
      tally[await outcome(path)] += 1;
    } catch (error) {
      bad.push(`${paths[i % paths.length]}, seed ${seed}, mutant ${i}: ${String(error)}`);
    }
    slowestMs = Math.max(slowestMs, performance.now() - started);
  }
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  return { ...tally, bad, slowestMs, peakBytes, startBytes };
}

const [folder, seed, count, ...paths] = process.argv.slice(2);
console.log(JSON.stringify(await run(folder!, Number(seed), Number(count), paths)));
