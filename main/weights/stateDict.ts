import { AppError } from '../../app/error.ts';
import type { TensorFacts, TensorFile } from './tensorFile.ts';

/** A tensor of a network under its official name: a tensor of the file, or an equal part of one along the first dimension. */
export type NetworkTensor = {
  readonly source: string;
  readonly facts: TensorFacts;
  /** Which of how many parts: `attn.q` is the first of three of `attn.to_qkv`. */
  readonly part?: { readonly index: number; readonly of: number };
};

/** The tensors of SpectralGPT in a file, by official name. */
export type StateDict = {
  readonly tensors: ReadonlyMap<string, NetworkTensor>;
  /** Where in the file they are, e.g. `model/`. */
  readonly place: string;
  /** Tensors of the file beside it: optimiser, second copies. */
  readonly elsewhere: readonly string[];
};

/** Every SpectralGPT has it, and nothing else than a state dict does. */
const landmark = /^(.*\/)?(?:module\.|_orig_mod\.)*patch_embed\.proj\.weight$/;

/** Names of a state dict within a checkpoint, the trained network before running averages of it. */
const usualPlaces = ['', 'model/', 'state_dict/', 'model_state_dict/', 'net/'];

/**
 * Finds the state dict in a file, takes off what training in parallel puts before names (`module.`), and divides the fused
 * attention of older code (`attn.to_qkv`) into `q`, `k` and `v`.
 * @throws AppError `bad-weights` where there is none, or two tensors come to one name
 */
export function findStateDict(file: TensorFile): StateDict {
  const place = placeOf(file);
  const tensors = new Map<string, NetworkTensor>();
  const elsewhere: string[] = [];
  for (const [source, facts] of file.tensors) {
    if (!source.startsWith(place) || source.slice(place.length).includes('/')) {
      elsewhere.push(source);
      continue;
    }
    const name = source.slice(place.length).replace(/^(module\.|_orig_mod\.)+/, '');
    for (const [official, tensor] of divided(name, { source, facts })) {
      if (tensors.has(official))
        throw new AppError('bad-weights', `${file.path} has two tensors for "${official}".`, {
          path: file.path,
        });
      tensors.set(official, tensor);
    }
  }
  return { tensors, place, elsewhere };
}

function placeOf(file: TensorFile): string {
  const places = [...file.tensors.keys()].flatMap((name) => {
    const found = landmark.exec(name);
    return found === null ? [] : [found[1] ?? ''];
  });
  const place = usualPlaces.find((usual) => places.includes(usual)) ?? places[0];
  if (place !== undefined) return place;
  const names = [...file.tensors.keys()].slice(0, 5).join(', ');
  throw new AppError(
    'bad-weights',
    `${file.path} holds no SpectralGPT: it has no tensor "patch_embed.proj.weight", but ${file.tensors.size} others (${names}, …). Give weights of SpectralGPT.`,
    { path: file.path },
  );
}

/** A fused attention of three as its parts. */
export function divided(name: string, tensor: NetworkTensor): (readonly [string, NetworkTensor])[] {
  const fused = /^(.*\.attn\.)(?:to_)?qkv\.(weight|bias)$/.exec(name);
  const [rows = 0, ...rest] = tensor.facts.shape;
  if (fused === null || rows % 3 !== 0) return [[name, tensor]];
  const facts = { ...tensor.facts, shape: [rows / 3, ...rest], bytes: tensor.facts.bytes / 3 };
  return ['q', 'k', 'v'].map((letter, index) => [
    `${fused[1]}${letter}.${fused[2]}`,
    { ...tensor, facts, part: { index, of: 3 } },
  ]);
}

/** Depth and width of a network, from its names and shapes. */
export type Variant = {
  readonly width: number;
  readonly depth: number;
  readonly decoderWidth: number | undefined;
  readonly decoderDepth: number;
};

export function variantOf({ tensors }: StateDict): Variant {
  const depth = (prefix: string): number =>
    new Set(
      [...tensors.keys()].flatMap(
        (name) => new RegExp(`^${prefix}\\.(\\d+)\\.`).exec(name)?.[1] ?? [],
      ),
    ).size;
  return {
    width: tensors.get('patch_embed.proj.weight')!.facts.shape[0] ?? 0,
    depth: depth('blocks'),
    decoderWidth: tensors.get('decoder_embed.weight')?.facts.shape[0],
    decoderDepth: depth('decoder_blocks'),
  };
}

/** Whether a name is one of the released networks', with any of its heads. */
export function isOfficialName(name: string): boolean {
  return official.test(name);
}

const official = new RegExp(
  `^(?:${[
    'pos_embed(_spatial|_temporal)?|mask_token|decoder_pos_embed(_spatial|_temporal)?',
    '(patch_embed\\.proj|norm|decoder_(embed|norm|pred)|head|fc\\.0|cls_seg\\.0)\\.(weight|bias)',
    '(decoder_)?blocks\\.\\d+\\.(norm[12]|attn\\.(q|k|v|proj)|mlp\\.fc[12])\\.(weight|bias)',
    'conv[0-3]\\.[013]\\.(weight|bias)',
    'decoder\\.(PPMHead\\.(psp_modules\\.\\d\\.1|final\\.[01])|Conv_fuse[123]_?\\.[01]|fuse_all\\.[01]|conv_x1)\\.(weight|bias)',
  ].join('|')})$`,
);
