import { AppError } from '../../app/error.ts';
import { type TileFamilyId, tileFamilyNames } from '../../app/model/tileNetwork.ts';
import { openTensorFile } from './openTensorFile.ts';
import { recogniseBaseline } from './recogniseBaseline.ts';
import { findStateDict, isOfficialName, type NetworkTensor } from './stateDict.ts';
import type { TensorFile } from './tensorFile.ts';
import { type TensorToWrite, writeTensorFile } from './writeTensorFile.ts';

export type Conversion = {
  readonly bytes: number;
  readonly tensors: readonly {
    readonly name: string;
    readonly dtype: string;
    readonly shape: readonly number[];
  }[];
  readonly leftOut: readonly { readonly name: string; readonly reason: string }[];
};

type LeftOut = Conversion['leftOut'][number];

/** Longest text of one entry of the metadata, and of all. */
const longest = { entry: 4096, all: 2 ** 18 };

/**
 * Writes the tensors of a `.pth` or safetensors file as safetensors, tensor by tensor. Their numbers and types stay as they are.
 * @param network with it only its tensors, under their official names; otherwise every tensor by its path
 * @throws AppError `bad-weights` and what reading and writing throw
 */
export async function convertTensorFile(
  path: string,
  out: string,
  network: TileFamilyId | undefined,
  signal?: AbortSignal,
): Promise<Conversion> {
  const file = await openTensorFile(path);
  try {
    const leftOut: LeftOut[] = [];
    const chosen = tensorsOf(file, network, leftOut);
    const rows: TensorToWrite[] = [];
    for (const [name, tensor] of chosen) {
      const { type, shape, dtype } = tensor.facts;
      if (type === undefined)
        leftOut.push({ name, reason: `safetensors has no type for ${dtype}` });
      else rows.push({ name, type, shape, pieces: () => tensorPieces(file, tensor) });
    }
    const bytes = await writeTensorFile(out, rows, metadataOf(file, network), signal);
    const tensors = rows.map(({ name, type, shape }) => ({ name, dtype: type, shape }));
    return { bytes, tensors, leftOut };
  } finally {
    await file.close();
  }
}

function tensorsOf(
  file: TensorFile,
  network: TileFamilyId | undefined,
  leftOut: LeftOut[],
): ReadonlyMap<string, NetworkTensor> {
  if (network === undefined) return everything(file);
  return network === 'spectralgpt'
    ? officialTensors(file, leftOut)
    : baselineTensors(file, network, leftOut);
}

const everything = (file: TensorFile): ReadonlyMap<string, NetworkTensor> =>
  new Map([...file.tensors].map(([source, facts]) => [source, { source, facts }]));

function officialTensors(file: TensorFile, leftOut: LeftOut[]): Map<string, NetworkTensor> {
  const { tensors, elsewhere } = findStateDict(file);
  const chosen = new Map<string, NetworkTensor>();
  for (const [name, tensor] of tensors) {
    if (isOfficialName(name)) chosen.set(name, tensor);
    else leftOut.push({ name, reason: 'is no tensor of SpectralGPT' });
  }
  for (const name of elsewhere) leftOut.push({ name, reason: 'is outside the network' });
  return chosen;
}

function baselineTensors(
  file: TensorFile,
  network: TileFamilyId,
  leftOut: LeftOut[],
): ReadonlyMap<string, NetworkTensor> {
  const found = recogniseBaseline(file);
  if (found?.family !== network)
    throw new AppError(
      'bad-weights',
      `${file.path} holds no ${tileFamilyNames[network]}${found === undefined ? '' : `, but a ${tileFamilyNames[found.family]}`}. Give a checkpoint of that network.`,
      { path: file.path },
    );
  const taken = new Set([...found.tensors.values()].map(({ source }) => source));
  for (const name of file.tensors.keys())
    if (!taken.has(name)) leftOut.push({ name, reason: 'is no tensor of the network' });
  return found.tensors;
}

/** The bytes of a tensor, or of its part, in pieces. */
async function* tensorPieces(
  file: TensorFile,
  { source, part }: NetworkTensor,
): AsyncGenerator<Uint8Array> {
  if (part === undefined) yield* file.pieces(source);
  else yield partOf(await file.read(source), part);
}

/** An equal part along the first dimension, as a view. */
export function partOf(
  bytes: Uint8Array,
  { index, of }: { readonly index: number; readonly of: number },
): Uint8Array {
  const length = bytes.length / of;
  return bytes.subarray(index * length, (index + 1) * length);
}

/** What the file says beside its tensors, without what is long; `format` is what PyTorch's tools look for. */
function metadataOf(file: TensorFile, network: string | undefined): Record<string, string> {
  const kept: [string, string][] = [['format', 'pt']];
  let length = 0;
  for (const [name, text] of Object.entries(file.metadata)) {
    // Within the network's own conversion, an optimiser's settings mean nothing without its state.
    if (network !== undefined && name.includes('/')) continue;
    if (text.length > longest.entry || name === 'format') continue;
    length += name.length + text.length;
    if (length > longest.all) break;
    kept.push([name, text]);
  }
  return Object.fromEntries(kept);
}

/** @throws AppError `usage` where the result would replace what is read, or bear another format's name */
export function checkOutput(path: string, out: string): void {
  if (!/\.safetensors$/i.test(out))
    throw new AppError('usage', `${out} does not end in .safetensors, which is what is written.`);
  if (path === out)
    throw new AppError(
      'usage',
      `${out} is the file that is read. Choose another name for the result.`,
    );
}
