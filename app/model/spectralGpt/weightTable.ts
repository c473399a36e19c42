import { createRandom, type Random } from '../../random.ts';
import type { Shape } from '../ops.ts';
import type { WeightData, WeightShapes } from '../weights.ts';
import { type SpectralGptConfig, tokenGrid } from './configuration.ts';

/** A parameter: path and shape. */
export type Entry = readonly [path: string, shape: Shape];

/** Path to shape of every parameter, named and ordered as in the released checkpoints. */
export function spectralGptShapes(config: SpectralGptConfig): WeightShapes {
  const { task, embedDim, patch, spectralPatch } = config;
  return new Map<string, Shape>([
    ...positionShapes(config),
    ['patch_embed.proj.weight', [embedDim, 1, spectralPatch, patch, patch]],
    ['patch_embed.proj.bias', [embedDim]],
    ...blockShapes('blocks', config.depth, embedDim),
    ...normShapes('norm', embedDim),
    ...(task === 'pretrain' ? decoderShapes(config) : []),
    ...(task === 'scene' || task === 'multilabel'
      ? linearShapes('head', config.classes, embedDim)
      : []),
    ...(task === 'segmentation' || task === 'change'
      ? [...denseHeadShapes(config), ...linearShapes('fc.0', 1, tokenGrid(config).groups)]
      : []),
  ]);
}

function positionShapes(config: SpectralGptConfig): readonly Entry[] {
  const { groups, side, tokens } = tokenGrid(config);
  const { embedDim, decoder } = config;
  const places = side * side;
  const own: readonly Entry[] = config.separablePositions
    ? [
        ['pos_embed_spatial', [1, places, embedDim]],
        ['pos_embed_temporal', [1, groups, embedDim]],
      ]
    : [['pos_embed', [1, tokens, embedDim]]];
  if (config.task !== 'pretrain') return own;
  return [
    ...own,
    ['mask_token', [1, 1, decoder.embedDim]],
    ['decoder_pos_embed_spatial', [1, places, decoder.embedDim]],
    ['decoder_pos_embed_temporal', [1, groups, decoder.embedDim]],
  ];
}

/** Of `depth` transformer blocks. */
export function blockShapes(prefix: string, depth: number, width: number): readonly Entry[] {
  return Array.from({ length: depth }, (_, i) => {
    const path = `${prefix}.${i}`;
    return [
      ...normShapes(`${path}.norm1`, width),
      ...['q', 'k', 'v', 'proj'].flatMap((name) =>
        linearShapes(`${path}.attn.${name}`, width, width),
      ),
      ...normShapes(`${path}.norm2`, width),
      ...linearShapes(`${path}.mlp.fc1`, 4 * width, width),
      ...linearShapes(`${path}.mlp.fc2`, width, 4 * width),
    ];
  }).flat();
}

function decoderShapes(config: SpectralGptConfig): readonly Entry[] {
  const { decoder, embedDim, spectralPatch, patch } = config;
  const width = decoder.embedDim;
  return [
    ...linearShapes('decoder_embed', width, embedDim),
    ...blockShapes('decoder_blocks', decoder.depth, width),
    ...normShapes('decoder_norm', width),
    ...linearShapes('decoder_pred', spectralPatch * patch * patch, width),
  ];
}

/** Of the dense head over a map of `embedDim` channels. */
export function denseHeadShapes({
  embedDim,
  classes,
  patch,
  head,
}: Pick<SpectralGptConfig, 'embedDim' | 'classes' | 'patch' | 'head'>): readonly Entry[] {
  return [
    ...fusionHeadShapes(classes, head),
    ...head.levels.flatMap(({ hidden, out }, i): readonly Entry[] => {
      const up = Math.max(1, patch / 2 ** i);
      return [
        ...convolutionShapes(`conv${i}.0`, hidden, embedDim),
        ...normShapes(`conv${i}.1`, hidden),
        [`conv${i}.3.weight`, [hidden, out, up, up]],
        [`conv${i}.3.bias`, [out]],
      ];
    }),
    ...convolutionShapes('conv3.0', head.deepest, embedDim),
    ...normShapes('conv3.1', head.deepest),
  ];
}

/** Of the part that pools and fuses the levels. */
export function fusionHeadShapes(
  classes: number,
  { fusion, deepest, levels }: SpectralGptConfig['head'],
): readonly Entry[] {
  const pooling = 'decoder.PPMHead';
  return [
    ['cls_seg.0.weight', [classes, fusion, 3, 3]],
    ['cls_seg.0.bias', [classes]],
    ...[0, 1, 2, 3].flatMap((i) =>
      convolutionShapes(`${pooling}.psp_modules.${i}.1`, fusion, deepest),
    ),
    ...convolutionShapes(`${pooling}.final.0`, fusion, deepest + 4 * fusion),
    ...normShapes(`${pooling}.final.1`, fusion),
    ...[levels[2], levels[1], levels[0]].flatMap(({ out }, i) => [
      ...fusionShapes(`Conv_fuse${i + 1}`, fusion, out),
      ...fusionShapes(`Conv_fuse${i + 1}_`, fusion, fusion),
    ]),
    ...fusionShapes('fuse_all', fusion, 4 * fusion),
    ...convolutionShapes('decoder.conv_x1', fusion, fusion),
  ];
}

const fusionShapes = (name: string, out: number, inner: number): readonly Entry[] => [
  ...convolutionShapes(`decoder.${name}.0`, out, inner),
  ...normShapes(`decoder.${name}.1`, out),
];

export const linearShapes = (path: string, out: number, inner: number): readonly Entry[] => [
  [`${path}.weight`, [out, inner]],
  [`${path}.bias`, [out]],
];

const convolutionShapes = (path: string, out: number, inner: number): readonly Entry[] => [
  [`${path}.weight`, [out, inner, 1, 1]],
  [`${path}.bias`, [out]],
];

export const normShapes = (path: string, width: number): readonly Entry[] => [
  [`${path}.weight`, [width]],
  [`${path}.bias`, [width]],
];

/**
 * Fresh parameters: Xavier uniform for linear layers and the patch embedding, normal (σ 0.02) for positions, mask token
 * and class head, PyTorch's uniform ±1/√fan-in for the convolutions of the head, ones and zeros for norms and biases.
 */
export function freshSpectralGptWeights(config: SpectralGptConfig, seed: number): WeightData {
  return freshWeights(spectralGptShapes(config), seed);
}

/** The same for any network of such layers. */
export function freshWeights(shapes: WeightShapes, seed: number): WeightData {
  return new Map(
    [...shapes].map(([path, shape]) => [path, { shape, values: freshWeight(path, shape, seed) }]),
  );
}

/** One of them: each has random numbers of its own. */
export const freshWeight = (path: string, shape: Shape, seed: number): Float32Array =>
  freshValues(path, shape, createRandom(seed, 'initial weights', path));

function freshValues(path: string, shape: Shape, random: Random): Float32Array {
  const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
  if (shape.length === 1) return path.endsWith('.weight') ? values.fill(1) : values;
  if (shape.length === 3 || path === 'head.weight') return values.map(() => 0.02 * random.normal());
  const bound = uniformBound(path, shape);
  return values.map(() => bound * (2 * random.uniform() - 1));
}

/** Largest magnitude of a fresh value of a layer's kernel. */
function uniformBound(path: string, [out = 1, ...rest]: Shape): number {
  const inner = rest.reduce((product, size) => product * size, 1);
  // Transposed convolutions count their fan-in from the second dimension on, as PyTorch does.
  const plain = /^(conv\d|cls_seg|decoder\.|fc\.)/.test(path);
  return plain ? 1 / Math.sqrt(inner) : Math.sqrt(6 / (out + inner));
}
