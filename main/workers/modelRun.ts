import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { Input, Output } from '../../app/contract/api.ts';
import { AppError } from '../../app/error.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { writeFileAtomic } from '../atomicFile.ts';
import { writeSafetensors } from '../engines/safetensors.ts';
import { openEngine } from '../engines/table.ts';
import { networkValues } from '../weights/loadSpectralGpt.ts';
import { openTensorFile } from '../weights/openTensorFile.ts';
import { readFloats } from '../weights/readFloats.ts';
import type { TensorFile } from '../weights/tensorFile.ts';
import { engineOptions } from './engineOptions.ts';
import { runnableSpectralMamba } from './modelRunMamba.ts';
import type { GivenInputs, RunnableNetwork } from './modelRunNetwork.ts';
import { runnableSpectralGpt } from './modelRunSpectralGpt.ts';

const networkFile = z.looseObject({ family: z.enum(['spectralmamba', 'spectralgpt']) });

/** One forward pass on given tensors: the way to compare Prismap with any other implementation. */
export async function modelRun(input: Input<'model run'>): Promise<Output<'model run'>> {
  const network = await readNetwork(input.config);
  const weights = await readWeights(input.weights, network, input.config);
  const given = await readInputs(input.input, network);
  const engine = await openEngine(engineOptions(input));
  try {
    let names: readonly string[] = [];
    const results = engine.run(weights, (ops, tensors) => {
      const seen = network.forward(ops, tensors, given);
      names = wantedNames(input.outputs, [...seen.keys()], network.mainOutput);
      return names.map((name) => seen.get(name)!);
    });
    const outputs = new Map(results.map((result, index) => [names[index]!, result]));
    await writeFileAtomic(input.out, writeSafetensors(outputs));
    return { outputs: [...outputs].map(([name, { shape }]) => ({ name, shape: [...shape] })) };
  } finally {
    engine.dispose();
  }
}

/** The outputs asked for; the final one where none is. @throws AppError `usage` */
function wantedNames(
  wanted: readonly string[],
  known: readonly string[],
  main: string,
): readonly string[] {
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return wanted.length === 0 ? [main] : wanted;
  throw new AppError('usage', `There is no output "${unknown}". Choose from: ${known.join(', ')}.`);
}

async function readNetwork(path: string): Promise<RunnableNetwork> {
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
  return parsed.data.family === 'spectralgpt'
    ? runnableSpectralGpt(parsed.data, path)
    : runnableSpectralMamba(parsed.data);
}

/** All inputs that the network needs, with one batch size. @throws AppError `usage` */
async function readInputs(path: string, { inputs }: RunnableNetwork): Promise<GivenInputs> {
  return await withTensorFile(path, async (file) => {
    const given = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    for (const [name, shape] of inputs) {
      const found = file.tensors.get(name)?.shape;
      const needed = `(batch, ${shape.join(', ')})`;
      if (found === undefined)
        throw new AppError(
          'usage',
          `${path} has no tensor "${name}". Write one of shape ${needed}.`,
        );
      const batch = given.get('input')?.shape[0] ?? found[0];
      if (found.slice(1).join() !== shape.join() || found[0] !== batch)
        throw new AppError(
          'usage',
          `"${name}" of ${path} has shape (${found.join(', ')}); the network needs ${needed}, with one batch for all inputs.`,
        );
      given.set(name, { shape: found, values: await readFloats(file, name) });
    }
    return given;
  });
}

/** The parameters by their official names, wherever a checkpoint keeps them. @throws AppError `bad-weights` */
async function readWeights(
  path: string,
  { weightShapes, tensorsIn }: RunnableNetwork,
  config: string,
): Promise<WeightData> {
  return await withTensorFile(path, async (file) => {
    const tensors = tensorsIn(file);
    const weights = new Map<string, { shape: readonly number[]; values: Float32Array }>();
    for (const [name, shape] of weightShapes) {
      const tensor = tensors.get(name);
      if (tensor?.facts.shape.join() !== shape.join())
        throw new AppError(
          'bad-weights',
          `${path} has ${tensor === undefined ? `no tensor "${name}"` : `"${name}" of shape (${tensor.facts.shape.join(', ')})`}; ${config} needs shape (${shape.join(', ')}).`,
        );
      weights.set(name, { shape, values: await networkValues(file, tensor) });
    }
    return weights;
  });
}

async function withTensorFile<Result>(
  path: string,
  work: (file: TensorFile) => Promise<Result>,
): Promise<Result> {
  const file = await openTensorFile(path);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}
