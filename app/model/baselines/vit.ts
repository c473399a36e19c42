import { layerNorm, linear, weight } from '../layers.ts';
import type { SpectralGptConfig } from '../spectralGpt/configuration.ts';
import { encode, normEpsilon, type Pass } from '../spectralGpt/encoder.ts';
import { denseHead } from '../spectralGpt/segmentation.ts';
import {
  blockShapes,
  denseHeadShapes,
  type Entry,
  freshWeights,
  linearShapes,
  normShapes,
} from '../spectralGpt/weightTable.ts';
import type { WeightData, WeightShapes } from '../weights.ts';

/**
 * A vision transformer over tiles: plain (Dosovitskiy et al. 2021), all bands in one token, or with bands in groups that have
 * tokens of their own (SatMAE, Cong et al. 2022). A class token goes along; what is pooled are the other tokens.
 */
export type VitConfig = Pick<
  SpectralGptConfig,
  | 'embedDim'
  | 'depth'
  | 'heads'
  | 'imageSize'
  | 'bands'
  | 'patch'
  | 'classes'
  | 'dropPath'
  | 'head'
  | 'headDropout'
> & {
  readonly task: 'scene' | 'multilabel' | 'segmentation' | 'change';
  /** Bands of each group; absent = one token for all bands. */
  readonly groups?: readonly (readonly number[])[];
  /** Of a token's position, the last so many numbers say its group; 0 without groups. */
  readonly groupEmbedding: number;
};

type VitPass<T> = Pass<T, VitConfig>;

/** Path to shape of every parameter, as timm and SatMAE's code name them, but with `attn.qkv` in three parts. */
export function vitShapes(config: VitConfig): WeightShapes {
  const { embedDim, patch, groupEmbedding, groups, bands, task, classes } = config;
  const places = (config.imageSize / patch) ** 2;
  const kernel = (path: string, inner: number): readonly Entry[] => [
    [`${path}.weight`, [embedDim, inner, patch, patch]],
    [`${path}.bias`, [embedDim]],
  ];
  return new Map<string, readonly number[]>([
    ['cls_token', [1, 1, embedDim]],
    ['pos_embed', [1, places + 1, embedDim - groupEmbedding]],
    ...(groups === undefined
      ? kernel('patch_embed.proj', bands)
      : ([
          ['channel_embed', [1, groups.length, groupEmbedding]],
          ['channel_cls_embed', [1, 1, groupEmbedding]],
          ...groups.flatMap((group, i) => kernel(`patch_embed.${i}.proj`, group.length)),
        ] as const)),
    ...blockShapes('blocks', config.depth, embedDim),
    ...(task === 'scene' || task === 'multilabel'
      ? [...normShapes('fc_norm', embedDim), ...linearShapes('head', classes, embedDim)]
      : [
          ...denseHeadShapes(config),
          ...(groups === undefined ? [] : linearShapes('fc.0', 1, groups.length)),
        ]),
  ]);
}

/** Fresh parameters, likewise those of SpectralGPT; with groups, positions are the sines of SatMAE's code. */
export function freshVitWeights(config: VitConfig, seed: number): WeightData {
  const weights = freshWeights(vitShapes(config), seed);
  const { groups, groupEmbedding, embedDim, imageSize, patch } = config;
  if (groups === undefined) return weights;
  const side = imageSize / patch;
  const width = embedDim - groupEmbedding;
  const places = Array.from({ length: side * side }, (_, i) => [
    ...sines(i % side, width / 2),
    ...sines(Math.floor(i / side), width / 2),
  ]);
  const channels = groups.map((_, i) => sines(i, groupEmbedding));
  const table = (rows: readonly (readonly number[])[]): Float32Array =>
    Float32Array.from(rows.flat());
  const zeros = Array.from({ length: width }, () => 0);
  return new Map([
    ...weights,
    ['pos_embed', { shape: [1, side * side + 1, width], values: table([zeros, ...places]) }],
    ['channel_embed', { shape: [1, groups.length, groupEmbedding], values: table(channels) }],
    [
      'channel_cls_embed',
      { shape: [1, 1, groupEmbedding], values: new Float32Array(groupEmbedding) },
    ],
  ]);
}

/** Sines, then cosines, of a position at `width` / 2 wavelengths (Vaswani et al. 2017). */
function sines(position: number, width: number): readonly number[] {
  const half = width / 2;
  const angles = Array.from({ length: half }, (_, i) => position / 10_000 ** (i / half));
  return [...angles.map(Math.sin), ...angles.map(Math.cos)];
}

/** Logits (b, classes), or (b, S, S, classes) of the dense tasks. */
export function vitLogits<T>(pass: VitPass<T>, image: T, second?: T): T {
  const { ops, weights, config } = pass;
  if (config.task === 'scene' || config.task === 'multilabel') {
    const pooled = ops.mean(encodeTokens(pass, image), [1]);
    const normed = layerNorm(ops, weights, 'fc_norm', pooled, normEpsilon);
    return linear(ops, weights, 'head', normed);
  }
  const map = mapOf(pass, encodeTokens(pass, image));
  if (config.task === 'segmentation') return denseHead(pass, map);
  return denseHead(pass, ops.subtract(map, mapOf(pass, encodeTokens(pass, second!))));
}

/** Tokens after the last block without the class token: (b, groups · places, D), group slowest. */
function encodeTokens<T>(pass: VitPass<T>, image: T): T {
  const { ops, weights, config } = pass;
  const { embedDim, groups } = config;
  const batch = ops.shape(image)[0]!;
  const places = (config.imageSize / config.patch) ** 2;
  const positions = weight(weights, 'pos_embed');
  const width = embedDim - config.groupEmbedding;
  const spatial = ops.slice(positions, [0, 1, 0], [1, places, width]);
  const parts = (groups ?? [undefined]).map((group, i) => {
    const path = group === undefined ? 'patch_embed.proj' : `patch_embed.${i}.proj`;
    const tokens = embedBands(pass, path, bandsOf(pass, image, group));
    return ops.add(tokens, withGroup(pass, spatial, i));
  });
  const first = ops.slice(positions, [0, 0, 0], [1, 1, width]);
  const own =
    groups === undefined ? first : ops.concat([first, weight(weights, 'channel_cls_embed')], 2);
  const classToken = ops.add(weight(weights, 'cls_token'), own);
  const zeros = ops.constant(new Float32Array(batch), [batch, 1, 1]);
  const encoded = encode(pass, ops.concat([ops.add(classToken, zeros), ...parts], 1));
  return ops.slice(encoded, [0, 1, 0], [batch, parts.length * places, embedDim]);
}

/** Positions in space, each followed by what says the group: (1, places, D). */
function withGroup<T>({ ops, weights, config }: VitPass<T>, spatial: T, group: number): T {
  if (config.groups === undefined) return spatial;
  const [, places] = ops.shape(spatial) as [number, number];
  const width = config.groupEmbedding;
  const own = ops.slice(weight(weights, 'channel_embed'), [0, group, 0], [1, 1, width]);
  const zeros = ops.constant(new Float32Array(places), [1, places, 1]);
  return ops.concat([spatial, ops.add(own, zeros)], 2);
}

/** Some of the bands of an image (b, bands, S, S), in the order given. */
function bandsOf<T>({ ops, config }: VitPass<T>, image: T, bands?: readonly number[]): T {
  if (bands === undefined) return image;
  const { imageSize: side } = config;
  const batch = ops.shape(image)[0]!;
  return ops.concat(
    bands.map((band) => ops.slice(image, [0, band, 0, 0], [batch, 1, side, side])),
    1,
  );
}

/** A convolution whose stride is its kernel, as a linear layer over cells: (b, places, D). */
function embedBands<T>({ ops, weights, config }: VitPass<T>, path: string, image: T): T {
  const { imageSize, patch, embedDim } = config;
  const [batch, bands] = ops.shape(image) as [number, number];
  const side = imageSize / patch;
  const split = ops.reshape(image, [batch, bands, side, patch, side * patch]);
  // (b, bands, row, y, column · x) to (b, row, column, bands · y, x)
  const rows = ops.transpose(split, [0, 2, 1, 3, 4]);
  const cells = ops.transpose(
    ops.reshape(rows, [batch * side, bands * patch, side, patch]),
    [0, 2, 1, 3],
  );
  const table = new Map([
    [
      'proj.weight',
      ops.reshape(weight(weights, `${path}.weight`), [embedDim, bands * patch * patch]),
    ],
    ['proj.bias', weight(weights, `${path}.bias`)],
  ]);
  const flat = ops.reshape(cells, [batch, side * side, bands * patch * patch]);
  return linear(ops, table, 'proj', flat);
}

/** Tokens as a map (b, g, g, D); groups are merged with one weight each. */
function mapOf<T>({ ops, weights, config }: VitPass<T>, tokens: T): T {
  const { embedDim, imageSize, patch, groups } = config;
  const side = imageSize / patch;
  const batch = ops.shape(tokens)[0]!;
  if (groups === undefined) return ops.reshape(tokens, [batch, side, side, embedDim]);
  const apart = ops.reshape(tokens, [batch, groups.length, side * side * embedDim]);
  const merge = ops.reshape(weight(weights, 'fc.0.weight'), [groups.length, 1]);
  const bias = ops.reshape(weight(weights, 'fc.0.bias'), [1]);
  const merged = ops.add(ops.sum(ops.multiply(apart, merge), [1]), bias);
  return ops.reshape(merged, [batch, side, side, embedDim]);
}
