import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import {
  checkSpectralMambaConfig,
  type SpectralMambaConfig,
  spectralMamba,
  spectralMambaConfig,
  spectralMambaForward,
} from '../../app/model/spectralMamba.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { floatValues, writeSafetensors } from '../engines/safetensors.ts';
import { openEngine } from '../engines/table.ts';
import { engineOptions } from './engineOptions.ts';
import { readTensorFile } from './weightsInspect.ts';

const networkFile = z.looseObject({ family: z.literal('spectralmamba') });

/** The letters of the paper, and the names that other programs use, for the fields of a network. */
const fieldNames: Readonly<Record<string, keyof SpectralMambaConfig>> = {
  C: 'bands',
  K: 'classes',
  P: 'patch',
  R: 'pieces',
  d: 'width',
  embedDim: 'width',
  E: 'expand',
  N: 'states',
  dState: 'states',
  k: 'kernel',
  dconv: 'kernel',
  r: 'timeRank',
  dt_rank: 'timeRank',
  dtRank: 'timeRank',
};

/** One forward pass on given tensors: the way to compare Prismap with any other implementation. */
export async function modelRun(input: Input<'model run'>): Promise<Output<'model run'>> {
  const config = await readConfig(input.config);
  const weights = await readWeights(
    input.weights,
    spectralMamba.weightShapes(config),
    input.config,
  );
  const given = (await readTensorFile(input.input)).tensors.get('input');
  if (given === undefined)
    throw new AppError(
      'usage',
      `${input.input} has no tensor "input". Write one of shape (batch, ${spectralMamba.inputShape(config).join(', ')}).`,
    );
  const values = floatValues(given, 'input');
  if (given.shape.slice(1).join() !== spectralMamba.inputShape(config).join()) {
    throw new AppError(
      'usage',
      `"input" of ${input.input} has shape (${given.shape.join(', ')}); the network needs (batch, ${spectralMamba.inputShape(config).join(', ')}).`,
    );
  }
  const engine = await openEngine(engineOptions(input));
  try {
    const names: string[] = [];
    const results = engine.run(weights, (ops, tensors) => {
      const seen = new Map<string, ReturnType<typeof ops.constant>>();
      const observe = (name: string, value: ReturnType<typeof ops.constant>): void => {
        seen.set(name, value);
      };
      const x = ops.constant(values, given.shape);
      const logits = spectralMambaForward(ops, tensors, config, x, { observe });
      seen.set('logits', logits).set('probabilities', ops.softmax(logits));
      names.push(...wantedNames(input.outputs, [...seen.keys()]));
      return names.map((name) => seen.get(name)!);
    });
    const outputs = new Map(results.map((result, index) => [names[index]!, result]));
    await writeFileAtomic(input.out, writeSafetensors(outputs));
    return { outputs: [...outputs].map(([name, { shape }]) => ({ name, shape: [...shape] })) };
  } finally {
    engine.dispose();
  }
}

/** The outputs asked for; the logits where none is. @throws AppError `usage` */
function wantedNames(wanted: readonly string[], known: readonly string[]): readonly string[] {
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return wanted.length === 0 ? ['logits'] : wanted;
  throw new AppError('usage', `There is no output "${unknown}". Choose from: ${known.join(', ')}.`);
}

async function readConfig(path: string): Promise<ReturnType<typeof spectralMambaConfig>> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new AppError('usage', `${path} could not be read as JSON (${(error as Error).message}).`);
  }
  const parsed = networkFile.safeParse(json);
  if (!parsed.success)
    throw new AppError(
      'usage',
      `${path} is no network description: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}.`,
    );
  const fields = Object.entries(parsed.data).map(([name, value]) => [
    fieldNames[name] ?? name,
    value,
  ]);
  const config = spectralMambaConfig(
    Object.fromEntries(fields.filter(([name]) => name !== 'family')) as SpectralMambaConfig,
  );
  checkSpectralMambaConfig(config);
  return config;
}

async function readWeights(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
  config: string,
): Promise<WeightData> {
  const { tensors } = await readTensorFile(path);
  const weights = new Map<string, { shape: readonly number[]; values: Float32Array }>();
  for (const [name, shape] of shapes) {
    const tensor = tensors.get(name);
    if (tensor?.shape.join() !== shape.join()) {
      throw new AppError(
        'bad-weights',
        `${path} has ${tensor === undefined ? `no tensor "${name}"` : `"${name}" of shape (${tensor.shape.join(', ')})`}; ${config} needs shape (${shape.join(', ')}).`,
      );
    }
    weights.set(name, { shape, values: floatValues(tensor, name) });
  }
  return weights;
}
