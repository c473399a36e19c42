import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../app/random.ts';
import { loadCheckpoint, saveCheckpoint } from '../../main/engines/checkpoint.ts';
import { loadModelFolder } from '../../main/engines/modelFolder.ts';
import { readSafetensors, writeSafetensors } from '../../main/engines/safetensors.ts';
import { writeExampleModel } from '../../main/engines/testing/exampleModel.ts';
import { flipBytes, mutateBytes, pick } from '../mutate/bytes.ts';
import { mutateJson } from '../mutate/json.ts';
import type { HostileCase, Target } from '../target.ts';
import { readTensors } from './pickles.ts';

const file = 'case.safetensors';

const tensor = (shape: readonly number[]) => ({
  shape,
  values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i / 3),
});

const seed = writeSafetensors(
  new Map([
    ['a.weight', tensor([3, 4])],
    ['a.bias', tensor([4])],
    ['empty', tensor([0, 5])],
    ['scalar', tensor([])],
  ]),
  { format: 'pt', note: 'é' },
);

/** The header as another value, its length stated rightly. */
function withHeader(bytes: Uint8Array, change: (header: unknown) => Buffer): Buffer {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const text = Buffer.from(bytes.subarray(8, 8 + length)).toString();
  const header = change(JSON.parse(text));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([size, header, bytes.subarray(8 + length)]);
}

function damaged(bytes: Uint8Array, random: Random): Buffer {
  const kind = random.integer(4);
  if (kind === 0) return mutateBytes(bytes, random);
  if (kind === 1) return flipBytes(bytes, random);
  return withHeader(bytes, (header) => mutateJson(header, random));
}

export const safetensors: Target = {
  name: 'safetensors',
  group: 'weights',
  counts: { short: 3000, usual: 150_000, long: 1_500_000 },
  open: async () => ({
    wellFormed: [{ seed: 'tensors', files: { [file]: seed } }],
    make: (random): HostileCase => ({ seed: 'tensors', files: { [file]: damaged(seed, random) } }),
    read: async (folder, files) => {
      await readTensors(join(folder, file));
      // The other reader, of whole files: it has to agree.
      readSafetensors(files[file]!, file);
    },
  }),
};

async function checkpointSeed(folder: string): Promise<Uint8Array> {
  const weights = new Map([['layer.weight', tensor([2, 3])]]);
  const place = join(folder, 'checkpoints');
  await saveCheckpoint(place, {
    epoch: 3,
    weights,
    optimizer: { step: 7, first: weights, second: weights },
    best: weights,
    record: { curve: [{ epoch: 1, loss: 0.5 }], fingerprint: 'a' },
  });
  return readFileSync(join(place, readdirSync(place)[0]!));
}

const checkpointName = 'checkpoint-000003.safetensors';

/** What a training run goes on from. A state that was changed gets the hash that belongs to it. */
export const checkpoints: Target = {
  name: 'checkpoints',
  group: 'weights',
  counts: { short: 1000, usual: 25_000, long: 250_000 },
  open: async (folder) => {
    const whole = await checkpointSeed(folder);
    const stated = readSafetensors(whole, 'seed');
    const state = JSON.parse(stated.metadata['state']!) as unknown;
    const rehashed = (text: string): Buffer => {
      const hash = createHash('sha256').update(text);
      for (const [name, { shape, bytes }] of stated.tensors)
        hash.update(`\n${name} ${shape.join(' ')}\n`).update(bytes);
      const metadata = { state: text, sha256: hash.digest('hex') };
      return withHeader(whole, (header) =>
        Buffer.from(JSON.stringify({ ...(header as object), __metadata__: metadata })),
      );
    };
    return {
      wellFormed: [{ seed: 'checkpoint', files: { [checkpointName]: whole } }],
      make: (random) => {
        const changed = random.integer(2) === 0;
        const bytes = changed
          ? rehashed(mutateJson(state, random).toString())
          : damaged(whole, random);
        return { seed: changed ? 'state' : 'file', files: { [checkpointName]: bytes } };
      },
      read: async (place) => {
        const { checkpoint } = (await loadCheckpoint(place))!;
        const { epoch, optimizer, record } = checkpoint;
        // What the run that goes on takes for granted.
        if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(optimizer.step))
          throw new Error(`epoch ${epoch}, step ${optimizer.step}`);
        if (typeof record !== 'object' || record === null) throw new Error('no record');
      },
    };
  },
};

/** A trained model: card and weights. Half of the cards name the hash of the damaged weights. */
export const models: Target = {
  name: 'models',
  group: 'weights',
  counts: { short: 800, usual: 25_000, long: 250_000 },
  open: async (folder) => {
    const kinds = ['network', 'forest'] as const;
    const seeds = await Promise.all(
      kinds.map(async (kind) => {
        const place = join(folder, kind);
        mkdirSync(place);
        await writeExampleModel(place, kind);
        const read = (name: string): Buffer => readFileSync(join(place, name));
        return { kind, card: read('model.json'), weights: read('weights.safetensors') };
      }),
    );
    const filesOf = (card: Uint8Array, weights: Uint8Array) => ({
      'model.json': card,
      'weights.safetensors': weights,
    });
    return {
      wellFormed: seeds.map((one) => ({ seed: one.kind, files: filesOf(one.card, one.weights) })),
      make: (random) => {
        const { kind, card, weights } = pick(seeds, random);
        const parsed = JSON.parse(card.toString()) as object;
        if (random.integer(2) === 0)
          return { seed: `card of ${kind}`, files: filesOf(mutateJson(parsed, random), weights) };
        const changed = damaged(weights, random);
        const weightsSha256 = createHash('sha256').update(changed).digest('hex');
        const text = Buffer.from(JSON.stringify({ ...parsed, weightsSha256 }));
        return { seed: `weights of ${kind}`, files: filesOf(text, changed) };
      },
      read: async (place) => {
        await loadModelFolder(place);
      },
    };
  },
};
