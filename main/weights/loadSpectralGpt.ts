import { AppError } from '../../app/error.ts';
import type { Shape } from '../../app/model/ops.ts';
import { type SpectralGptConfig, tokenGrid } from '../../app/model/spectralGpt/configuration.ts';
import { freshWeight, spectralGptShapes } from '../../app/model/spectralGpt/weightTable.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { bicubicGrid } from './bicubic.ts';
import { partOf } from './convertTensorFile.ts';
import { readAhead } from './readAhead.ts';
import { readFloats } from './readFloats.ts';
import { findStateDict, type NetworkTensor, type StateDict, variantOf } from './stateDict.ts';
import type { TensorFile } from './tensorFile.ts';

export type LoadOptions = {
  /**
   * What to do where shapes differ. `prismap`: positions are interpolated. `official`: as the released code, which starts some
   * tables anew and stops at others (spec 4.3).
   */
  readonly setting: 'prismap' | 'official';
  /** Whether the class layer is started anew, whatever the file has: for other classes. */
  readonly freshClasses: boolean;
  /** Of what is started anew. */
  readonly seed: number;
};

/** What became of every name: of the network, and of the file. */
export type LoadReport = {
  readonly loaded: readonly string[];
  readonly interpolated: readonly {
    readonly name: string;
    readonly from: number;
    readonly to: number;
  }[];
  readonly fresh: readonly { readonly name: string; readonly reason: string }[];
  /** In the file's state dict, but not in this network. */
  readonly surplus: readonly string[];
};

/**
 * The parameters of a network from a checkpoint, two tensors in memory beside the result.
 * @throws AppError `bad-weights` for another variant, for an encoder with holes, and where shapes do not fit
 */
export async function loadSpectralGpt(
  file: TensorFile,
  config: SpectralGptConfig,
  options: LoadOptions,
): Promise<{ readonly weights: WeightData; readonly report: LoadReport }> {
  const state = findStateDict(file);
  checkVariant(file, state, config);
  const shapes = spectralGptShapes(config);
  checkEncoder(file, state, [...shapes.keys()]);
  // In the order of the network, whatever is filled in first.
  const weights = new Map<string, { shape: Shape; values: Float32Array }>(
    [...shapes].map(([name, shape]) => [name, { shape, values: new Float32Array() }]),
  );
  const report = {
    loaded: [] as string[],
    interpolated: [] as LoadReport['interpolated'][number][],
    fresh: [] as LoadReport['fresh'][number][],
    surplus: [...state.tensors.keys()].filter((name) => !shapes.has(name)),
  };
  const loading = { file, state, config, options };
  const filled: Filled[] = [];
  for (const [name, shape] of shapes) {
    const plan = planFor(name, shape, loading);
    if (plan.kind === 'fresh') {
      report.fresh.push({ name, reason: plan.reason });
      weights.set(name, { shape, values: startWeight(name, shape, loading) });
    } else filled.push({ name, shape, plan });
  }
  const read = ({ plan }: Filled): Promise<Float32Array> => networkValues(file, plan.tensor);
  for await (const [{ name, shape, plan }, values] of readAhead(filled, read)) {
    if (plan.kind === 'load') {
      report.loaded.push(name);
      weights.set(name, { shape, values });
    } else {
      report.interpolated.push({ name, from: plan.from, to: plan.to });
      weights.set(name, { shape, values: resized(values, plan, shape) });
    }
  }
  return { weights, report };
}

type Plan =
  | { readonly kind: 'load'; readonly tensor: NetworkTensor }
  | { readonly kind: 'fresh'; readonly reason: string }
  | {
      readonly kind: 'interpolate';
      readonly tensor: NetworkTensor;
      /** Cells a side. */
      readonly from: number;
      readonly to: number;
      /** Grids one after the other: the spectral groups of joint positions. */
      readonly grids: number;
    };

/** A parameter that the file has. */
type Filled = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly plan: Exclude<Plan, { readonly kind: 'fresh' }>;
};

type Loading = {
  readonly file: TensorFile;
  readonly state: StateDict;
  readonly config: SpectralGptConfig;
  readonly options: LoadOptions;
};

const classLayer = /^(head|cls_seg\.0)\./;

/** What becomes of a parameter; shapes alone decide, so that a refusal comes before any number is read. */
function planFor(name: string, shape: readonly number[], loading: Loading): Plan {
  const { file, state, config, options } = loading;
  const tensor = state.tensors.get(name);
  if (options.freshClasses && classLayer.test(name))
    return { kind: 'fresh', reason: 'the class layer is started anew' };
  if (tensor === undefined) return { kind: 'fresh', reason: 'is not in the file' };
  const given = tensor.facts.shape;
  if (given.join() === shape.join()) return { kind: 'load', tensor };
  if (options.setting === 'prismap') {
    const grids = resizable(name, given, shape, config);
    if (grids !== undefined) return { kind: 'interpolate', tensor, ...grids };
    // Other bands make other groups: what the file knows of its own says nothing about them.
    if (name.endsWith('pos_embed_temporal'))
      return { kind: 'fresh', reason: `has ${given[1]} spectral groups in the file` };
  } else if (releasedCodeDrops(config.task).test(name))
    return { kind: 'fresh', reason: `has shape (${given.join(', ')}) in the file` };
  throw new AppError(
    'bad-weights',
    `${file.path} has "${name}" of shape (${given.join(', ')}); this network needs (${shape.join(', ')}). ${cureFor(name)}`,
    { path: file.path, name, found: given, needed: shape },
  );
}

const cureFor = (name: string): string =>
  classLayer.test(name)
    ? 'Fine-tune with a class layer started anew, or choose the classes that it was trained on.'
    : 'Choose a network with the sizes of the file.';

/** What each part of the released code deletes from a checkpoint where its shape differs. */
function releasedCodeDrops(task: SpectralGptConfig['task']): RegExp {
  switch (task) {
    case 'pretrain':
      return /^(pos_embed_spatial|pos_embed|decoder_pos_embed|decoder_pos_embed_spatial)$|^(patch_embed\.proj|head)\./;
    case 'scene':
    case 'multilabel':
      return /^head\./;
    case 'segmentation':
      return /^(pos_embed|pos_embed_spatial)$|^(patch_embed\.proj|head)\./;
    case 'change':
      return /^pos_embed$|^(patch_embed\.proj|head)\./;
  }
}

/** Whether a table of positions is one of square grids, and of which sizes. */
function resizable(
  name: string,
  given: readonly number[],
  needed: readonly number[],
  config: SpectralGptConfig,
): { readonly from: number; readonly to: number; readonly grids: number } | undefined {
  if (!/^(decoder_)?pos_embed(_spatial)?$/.test(name)) return undefined;
  const { groups, side } = tokenGrid(config);
  const grids = name.endsWith('_spatial') ? 1 : groups;
  const from = Math.sqrt((given[1] ?? 0) / grids);
  const sameWidth = given.length === 3 && given[0] === 1 && given[2] === needed[2];
  return sameWidth && Number.isInteger(from) && from > 0 ? { from, to: side, grids } : undefined;
}

function resized(
  values: Float32Array,
  { from, to, grids }: { readonly from: number; readonly to: number; readonly grids: number },
  shape: readonly number[],
): Float32Array {
  const width = shape[2]!;
  const result = new Float32Array(grids * to * to * width);
  for (let grid = 0; grid < grids; grid++) {
    const length = from * from * width;
    const table = values.subarray(grid * length, (grid + 1) * length);
    result.set(bicubicGrid(table, { from, to, width }), grid * to * to * width);
  }
  return result;
}

/** The numbers of a tensor, or of the part of one that a network takes. */
export async function networkValues(
  file: TensorFile,
  tensor: NetworkTensor,
): Promise<Float32Array> {
  const values = await readFloats(file, tensor.source);
  if (tensor.part === undefined) return values;
  const bytes = partOf(
    new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    tensor.part,
  );
  // A copy: the other parts need not stay in memory.
  return new Float32Array(bytes.slice().buffer);
}

/** A parameter as if the file had none. The released downstream code starts positions at zero. */
function startWeight(
  name: string,
  shape: readonly number[],
  { config, options }: Loading,
): Float32Array {
  const fresh = freshWeight(name, shape, options.seed);
  const released = options.setting === 'official' && config.task !== 'pretrain';
  return released && name.startsWith('pos_embed') ? fresh.fill(0) : fresh;
}

function checkVariant(file: TensorFile, state: StateDict, config: SpectralGptConfig): void {
  const { width, depth, decoderWidth, decoderDepth } = variantOf(state);
  refuseUnless(file, 'SpectralGPT', [width, depth], [config.embedDim, config.depth]);
  if (config.task !== 'pretrain' || decoderWidth === undefined) return;
  const { decoder } = config;
  refuseUnless(file, 'a decoder', [decoderWidth, decoderDepth], [decoder.embedDim, decoder.depth]);
}

type Sizes = readonly [width: number, depth: number];

function refuseUnless(file: TensorFile, what: string, found: Sizes, needed: Sizes): void {
  if (found.join() === needed.join()) return;
  const say = ([width, depth]: Sizes): string => `width ${width} and depth ${depth}`;
  throw new AppError(
    'bad-weights',
    `${file.path} holds ${what} of ${say(found)}; this network has ${say(needed)}. Choose weights or a network of the same variant.`,
    { path: file.path, found, needed },
  );
}

/** An encoder with holes is a damaged file, not one to start from. @throws AppError naming every missing tensor */
function checkEncoder(file: TensorFile, { tensors }: StateDict, names: readonly string[]): void {
  const missing = names.filter(
    (name) => /^(patch_embed|blocks)\./.test(name) && !tensors.has(name),
  );
  if (missing.length === 0) return;
  throw new AppError(
    'bad-weights',
    `${file.path} lacks ${missing.length} tensors of the encoder: ${missing.join(', ')}. Copy or download it again.`,
    { path: file.path, missing },
  );
}
