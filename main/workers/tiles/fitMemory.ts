import { totalmem } from 'node:os';
import type { FineTuningPlan } from '../../../app/learn/fineTuning.ts';
import type { SpectralGptConfig } from '../../../app/model/spectralGpt/configuration.ts';
import type { Tuning } from '../../../app/model/spectralGpt/rules.ts';
import { trainingMemory } from '../../../app/model/spectralGpt/trainingMemory.ts';
import { isSpectralGpt, type TileConfig } from '../../../app/model/tileNetwork.ts';
import type { EngineInfo } from '../../engines/engine.ts';

/** Program, engine, and tiles that are read ahead. */
export const programBytes = 700 * 2 ** 20;
/** Share of the machine that training may fill. */
const share = 0.7;

/**
 * Memory of the machine, or of the container that the program runs in. Not what is free just now: the same machine is to
 * train in the same parts.
 */
export function machineMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/**
 * A plan that fits memory: a processor that runs out ends the process, so the part of a batch that is computed at a time is
 * halved beforehand, and at the last blocks are run again instead of kept. Gradients of the parts add up to those of the batch.
 */
export function fitMemory(
  plan: FineTuningPlan,
  config: SpectralGptConfig,
  machine: {
    readonly memory: number;
    readonly fused: EngineInfo['fused'];
    /** What learns; everything where absent. */
    readonly tuning?: Tuning;
  },
  warn: (message: string) => void,
): FineTuningPlan {
  const needs = trainingMemory(config, machine.fused.includes('attention'), machine.tuning);
  const room = share * machine.memory - programBytes - needs.network;
  const kept = halvedTo(plan.part, room / needs.perTile);
  if (kept * needs.perTile <= room) {
    if (kept < plan.part)
      warn(
        `${plan.part} tiles at a time would need ${gigabytes(needs.network + plan.part * needs.perTile)} of memory; the machine has ${gigabytes(machine.memory)}. They are computed ${kept} at a time; a step still takes ${plan.batch}.`,
      );
    return { ...plan, part: kept };
  }
  const part = halvedTo(plan.part, room / needs.perTileRecomputed);
  const need = needs.network + part * needs.perTileRecomputed;
  warn(
    part * needs.perTileRecomputed <= room
      ? `Even one tile at a time would need ${gigabytes(needs.network + needs.perTile)} of memory; the machine has ${gigabytes(machine.memory)}. Blocks are run again for the gradient instead of being kept (a third slower), ${part} tiles at a time.`
      : `This network needs about ${gigabytes(need)} of memory for training even with blocks run again; the machine has ${gigabytes(machine.memory)}. It may be stopped; a smaller preset fits.`,
  );
  return { ...plan, part, recomputeBlocks: true };
}

/** The plan as this machine can compute it; a graphics card says by itself when its memory does not suffice. */
export function fitPlan(
  plan: FineTuningPlan,
  config: TileConfig,
  { device, fused, tuning }: Pick<EngineInfo, 'device' | 'fused'> & { readonly tuning: Tuning },
  warn: (message: string) => void,
): FineTuningPlan {
  const estimated = device.startsWith('CPU') && isSpectralGpt(config);
  return estimated
    ? fitMemory(plan, config, { memory: machineMemory(), fused, tuning }, warn)
    : plan;
}

function halvedTo(part: number, most: number): number {
  let result = part;
  while (result > 1 && result > most) result = Math.floor(result / 2);
  return result;
}

const gigabytes = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** What engines say that run out of the memory of a device and live on. */
const exhausted = /out of memory|\bOOM\b|resource ?exhausted|failed to allocate|bad_alloc/i;

/** Tries again with half the tiles at a time for as long as the engine says that its memory does not suffice. */
export async function whileMemoryLasts<Result>(
  plan: FineTuningPlan,
  warn: (message: string) => void,
  attempt: (plan: FineTuningPlan) => Promise<Result>,
): Promise<Result> {
  try {
    return await attempt(plan);
  } catch (error) {
    if (plan.part === 1 || !exhausted.test((error as Error).message)) throw error;
    const part = Math.floor(plan.part / 2);
    warn(
      `${plan.part} tiles at a time do not fit the engine's memory: going on with ${part} at a time; a step still takes ${plan.batch}.`,
    );
    return await whileMemoryLasts({ ...plan, part }, warn, attempt);
  }
}
