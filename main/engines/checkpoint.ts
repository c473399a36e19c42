import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../app/error.ts';
import type { Shape } from '../../app/model/ops.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { refuseSpecialFile } from '../specialFile.ts';
import type { OptimizerState } from './engine.ts';
import { floatValues, readSafetensors, writeSafetensors } from './safetensors.ts';

/** All that a run needs to go on as if it had never stopped. Random numbers are named by epoch: no state to keep. */
export type Checkpoint = {
  /** Epochs done. */
  readonly epoch: number;
  readonly weights: WeightData;
  readonly optimizer: OptimizerState;
  /** Running mean of the weights, where the run keeps one. */
  readonly average?: WeightData;
  /** Weights of the best epoch so far, where the run selects. */
  readonly best?: WeightData;
  /** Plain JSON: curve, best score, fingerprint of the run's data and settings. */
  readonly record: Readonly<Record<string, unknown>>;
};

/** Checkpoints kept a run. */
const kept = 2;
const pattern = /^checkpoint-(\d{6})\.safetensors$/;

/**
 * Writes `checkpoint-EPOCH.safetensors` atomically, with a hash of its content inside, and removes all but the last two.
 * @throws AppError `disk-full`, `not-writable`, `cancelled`
 */
export async function saveCheckpoint(
  folder: string,
  checkpoint: Checkpoint,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new AppError(
      'not-writable',
      `Cannot make the folder ${folder} for checkpoints: ${String(error)}. Choose another folder.`,
      { path: folder },
    );
  });
  const tensors = new Map<string, { shape: Shape; values: Float32Array }>();
  const { weights, optimizer, average, best } = checkpoint;
  const parts = { weight: weights, first: optimizer.first, second: optimizer.second };
  for (const [part, data] of Object.entries({ ...parts, average, best })) {
    for (const [path, tensor] of data ?? []) tensors.set(`${part}/${path}`, tensor);
  }
  const { epoch, record } = checkpoint;
  const state = JSON.stringify({ epoch, step: optimizer.step, record });
  const bytes = writeSafetensors(tensors, { state, sha256: digest(tensors, state) });
  await writeFileAtomic(fileOf(folder, epoch), bytes, signal);
  for (const old of (await epochsIn(folder)).slice(kept)) {
    // one that cannot be removed is in nobody's way
    await rm(fileOf(folder, old), { force: true }).catch(() => undefined);
  }
}

/** Removes the checkpoints of a model that is whole. What cannot be removed is in nobody's way. */
export async function removeCheckpoints(model: string): Promise<void> {
  await rm(join(model, 'checkpoints'), { recursive: true, force: true }).catch(() => undefined);
}

/**
 * The newest whole checkpoint of a folder. Damaged ones are passed over, and `warning` says so.
 * @returns undefined where there is none
 * @throws AppError `bad-weights` where there are checkpoints and all are damaged
 */
export async function loadCheckpoint(
  folder: string,
): Promise<{ readonly checkpoint: Checkpoint; readonly warning?: string } | undefined> {
  const damaged: string[] = [];
  for (const epoch of await epochsIn(folder)) {
    const path = fileOf(folder, epoch);
    try {
      await refuseSpecialFile(path);
      const checkpoint = readCheckpoint(await readFile(path), path);
      if (damaged.length === 0) return { checkpoint };
      const warning = `${damaged.join(' ')} Training goes on from ${path} instead.`;
      return { checkpoint, warning };
    } catch (error) {
      damaged.push(error instanceof Error ? error.message : String(error));
    }
  }
  if (damaged.length === 0) return undefined;
  throw new AppError(
    'bad-weights',
    `No checkpoint in ${folder} is whole: ${damaged.join(' ')} Train again without --resume.`,
    { path: folder },
  );
}

/** What stands beside the numbers. */
const stateSchema = z.object({
  epoch: z.int().nonnegative(),
  step: z.int().nonnegative(),
  record: z.record(z.string(), z.unknown()),
});

function parseState(text: string, path: string): z.infer<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    throw new AppError('bad-weights', `The checkpoint ${path} is damaged: it has no state.`);
  }
}

function readCheckpoint(bytes: Uint8Array, path: string): Checkpoint {
  const file = readSafetensors(bytes, path);
  const tensors = new Map(
    [...file.tensors].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: floatValues(tensor, name) },
    ]),
  );
  const state = file.metadata['state'] ?? '';
  if (file.metadata['sha256'] !== digest(tensors, state)) {
    throw new AppError('bad-weights', `The checkpoint ${path} is damaged: its hash differs.`);
  }
  const { epoch, step, record } = parseState(state, path);
  const part = (name: string): WeightData =>
    new Map(
      [...tensors]
        .filter(([path]) => path.startsWith(`${name}/`))
        .map(([path, tensor]) => [path.slice(name.length + 1), tensor]),
    );
  const [average, best] = [part('average'), part('best')];
  return {
    epoch,
    record,
    weights: part('weight'),
    optimizer: { step, first: part('first'), second: part('second') },
    ...(average.size > 0 ? { average } : {}),
    ...(best.size > 0 ? { best } : {}),
  };
}

/** SHA-256 of the state and of every tensor's name, shape and numbers. */
function digest(
  tensors: ReadonlyMap<string, { readonly shape: Shape; readonly values: Float32Array }>,
  state: string,
): string {
  const hash = createHash('sha256').update(state);
  for (const [name, { shape, values }] of tensors) {
    hash.update(`\n${name} ${shape.join(' ')}\n`);
    hash.update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
  return hash.digest('hex');
}

function fileOf(folder: string, epoch: number): string {
  return join(folder, `checkpoint-${String(epoch).padStart(6, '0')}.safetensors`);
}

/** Epochs of the checkpoints in a folder, newest first. */
async function epochsIn(folder: string): Promise<number[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const epochs = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return epochs.sort((a, b) => b - a);
}
