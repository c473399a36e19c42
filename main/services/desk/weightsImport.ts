import { existsSync } from 'node:fs';
import { mkdir, realpath, rename, rm } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Output } from '../../../app/contract/api.ts';
import type { WeightsFound } from '../../../app/contract/desk/models.ts';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import { AppError } from '../../../app/error.ts';
import { spectralGptSizes } from '../../../app/model/spectralGpt/configuration.ts';
import { temporaryName, writeFileAtomic } from '../../atomicFile.ts';
import { type FoundBaseline, recogniseBaseline } from '../../weights/recogniseBaseline.ts';
import { findStateDict, variantOf } from '../../weights/stateDict.ts';
import type { TensorFile } from '../../weights/tensorFile.ts';
import type { RunTask } from '../../workers/host.ts';
import { safeName } from './jobInput.ts';
import { type WeightsCard, weightsCardName } from './weightsCard.ts';

type Network = NonNullable<WeightsFound['network']>;

/** Looks into a weights file, in a process of its own. @throws AppError `not-found`, `bad-weights` */
export async function lookAtWeights(
  file: string,
  runTask: RunTask,
  signal: AbortSignal,
): Promise<WeightsFound> {
  const path = resolve(file);
  const inspected = (await runTask({
    task: 'weights inspect',
    input: { file: path },
    signal,
  })) as Output<'weights inspect'>;
  const { format, tensors } = inspected;
  const elements = tensors.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  const found = {
    file: path,
    format,
    tensors: tensors.length,
    parameters: elements.reduce((sum, n) => sum + n, 0),
  };
  try {
    return { ...found, network: networkOf(listedFile(path, inspected)) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return {
      ...found,
      problem: `${error.message} A ResNet-50, a vision transformer or a SatMAE was not found in it either.`,
    };
  }
}

/** Names and shapes of a file; its numbers stay in it. */
function listedFile(path: string, { tensors, metadata }: Output<'weights inspect'>): TensorFile {
  const refuse = (): never => {
    throw new Error('Only names and shapes are known here.');
  };
  return {
    path,
    format: 'safetensors',
    bytes: 0,
    tensors: new Map(
      tensors.map(({ name, dtype, shape }) => [name, { dtype, shape, bytes: 0, type: undefined }]),
    ),
    metadata,
    read: refuse,
    pieces: refuse,
    close: async () => undefined,
  };
}

/** @throws AppError `bad-weights` where there is no network in the file that is known */
function networkOf(file: TensorFile): Network {
  const baseline = recogniseBaseline(file);
  return baseline === undefined ? spectralGptOf(file) : baselineOf(file, baseline);
}

function baselineOf(file: TensorFile, { tensors, ...network }: FoundBaseline): Network {
  const sources = new Set([...tensors.values()].map(({ source }) => source));
  const decoder = [...file.tensors.keys()].some((name) => /(^|[./])decoder_blocks\./.test(name));
  return { ...network, decoder, elsewhere: file.tensors.size - sources.size };
}

/** @throws AppError `bad-weights` where there is no SpectralGPT in the file */
function spectralGptOf(file: TensorFile): Network {
  const state = findStateDict(file);
  const { depth, width, decoderWidth } = variantOf(state);
  const shapeOf = (name: string): readonly number[] => state.tensors.get(name)?.facts.shape ?? [];
  const [, , spectralPatch = 0, patch = 0] = shapeOf('patch_embed.proj.weight');
  const groups = shapeOf('pos_embed_temporal')[1];
  const places = shapeOf('pos_embed_spatial')[1];
  if (groups === undefined || places === undefined)
    throw new AppError(
      'bad-weights',
      `${file.path} has one table of positions for space and spectrum together, so the bands it was made for are not known. Give a pre-trained checkpoint of SpectralGPT, which has one table for each.`,
      { path: file.path },
    );
  const size = Object.entries(spectralGptSizes).find(
    ([, one]) => one.embedDim === width && one.depth === depth,
  )?.[0];
  const classes = (
    shapeOf('head.weight').length > 0 ? shapeOf('head.weight') : shapeOf('cls_seg.0.weight')
  )[0];
  return {
    family: 'spectralgpt',
    width,
    depth,
    bands: groups * spectralPatch,
    spectralPatch,
    tile: Math.round(Math.sqrt(places)) * patch,
    decoder: decoderWidth !== undefined,
    elsewhere: state.elsewhere.length,
    ...(size === undefined ? {} : { size }),
    ...(classes === undefined ? {} : { classes }),
  };
}

const unknownLicence = 'Not known: as the source of the file says.';

/**
 * Keeps the network of a weights file as `folder/NAME/weights.safetensors`, with a card that says where it is from.
 * @throws AppError `bad-weights`, `usage` where the name is taken or the sizes have no name, `disk-full`
 */
export async function importWeights(
  { file, name }: DeskArguments<'weights.import'>,
  { folder, runTask }: { readonly folder: string; readonly runTask: RunTask },
  signal: AbortSignal,
): Promise<DeskOutput<'weights.import'>> {
  const { network, problem, file: source } = await lookAtWeights(file, runTask, signal);
  if (network === undefined) throw new AppError('bad-weights', problem!, { path: source });
  const { family } = network;
  if (family === 'spectralgpt' && network.size === undefined)
    throw new AppError(
      'bad-weights',
      `${source} holds a SpectralGPT of width ${network.width} and depth ${network.depth}, which is none of the known sizes: fine-tuning cannot start from it. Give weights of SpectralGPT or SpectralGPT+.`,
      { path: source },
    );
  const target = join(folder, safeName(name));
  if (existsSync(target))
    throw new AppError('usage', `${target} is there already. Choose another name.`, {
      path: target,
    });
  await mkdir(folder, { recursive: true });
  const begun = temporaryName(target);
  try {
    await mkdir(begun);
    const { tensors, leftOut } = (await runTask({
      task: 'weights convert',
      input: { file: source, out: join(begun, 'weights.safetensors'), model: family },
      signal,
    })) as Output<'weights convert'>;
    const card: WeightsCard = {
      format: 'prismap-weights',
      version: 1,
      name,
      source: basename(source),
      imported: new Date().toISOString(),
      licence: unknownLicence,
      network,
    };
    await writeFileAtomic(
      join(begun, weightsCardName),
      `${JSON.stringify(card, undefined, 2)}\n`,
      signal,
    );
    await rename(begun, target);
    const path = join(await realpath(target), 'weights.safetensors');
    return { path, tensors: tensors.length, leftOut };
  } finally {
    await rm(begun, { recursive: true, force: true });
  }
}
