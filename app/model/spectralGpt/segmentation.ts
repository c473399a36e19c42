import { dropout, gelu, linear, weight } from '../layers.ts';
import { type SpectralGptConfig, tokenGrid } from './configuration.ts';
import { encodeImage, type Pass } from './encoder.ts';

/** Groups of the group normalisation (Wu and He 2018) in the pyramid and in the fusions. */
const [pyramidGroups, fusionGroups] = [32, 16];
/** Cells a side of the pooled grids (pyramid pooling, Zhao et al. 2017). */
const pooledSides = [1, 2, 3, 6] as const;

/** Logits (b, S, S, classes) of images (b, bands, S, S). */
export function segment<T>(pass: Pass<T>, image: T): T {
  const encoded = encodeImage(pass, image);
  pass.observe?.('last_block_out', encoded);
  const { ops } = pass;
  const bias = ops.reshape(weight(pass.weights, 'fc.0.bias'), [1]);
  return denseHead(pass, ops.add(mergeGroups(pass, encoded), bias));
}

/** Logits (b, S, S, classes) of change between two images of one place, by the signed difference of their features. */
export function detectChange<T>(pass: Pass<T>, before: T, after: T): T {
  const first = encodeImage(pass, before);
  pass.observe?.('last_block_out', first);
  const second = encodeImage({ ...pass, observe: undefined }, after);
  pass.observe?.('last_block_out_image2', second);
  // The bias of the merge, the same for both, cancels.
  const difference = pass.ops.subtract(mergeGroups(pass, first), mergeGroups(pass, second));
  return denseHead(pass, difference);
}

/** One weight a spectral group, shared by all places and channels: (b, tokens, D) to (b, places, D). */
function mergeGroups<T>({ ops, weights, config }: Pass<T>, encoded: T): T {
  const { groups, side } = tokenGrid(config);
  const batch = ops.shape(encoded)[0]!;
  const apart = ops.reshape(encoded, [batch, groups, side * side * config.embedDim]);
  const merge = ops.reshape(weight(weights, 'fc.0.weight'), [groups, 1]);
  const merged = ops.sum(ops.multiply(apart, merge), [1]);
  return ops.reshape(merged, [batch, side, side, config.embedDim]);
}

/** What the dense head needs to know. */
type HeadSizes = Pick<SpectralGptConfig, 'patch' | 'imageSize' | 'headDropout'>;

type HeadPass<T> = Pass<T, HeadSizes>;
type FusionPass<T> = Pass<T, Pick<HeadSizes, 'headDropout'>>;

/** UPerNet (Xiao et al. 2018) with all four levels from one map, (b, g, g, D) to logits (b, S, S, classes). */
export function denseHead<T>(pass: HeadPass<T>, map: T): T {
  // Named as in the reference, where channels come second.
  pass.observe?.('merged_feature_NCHW', map);
  const { patch } = pass.config;
  return fuseLevels(pass, [
    pyramidLevel(pass, 'conv0', map, patch),
    pyramidLevel(pass, 'conv1', map, Math.max(1, patch / 2)),
    pyramidLevel(pass, 'conv2', map, Math.max(1, patch / 4)),
    pyramidLevel(pass, 'conv3', map, 1),
  ]);
}

/** UPerNet over four maps (b, h, w, channels), the finest first: logits (b, h, w, classes) of the finest. */
export function fuseLevels<T>(pass: FusionPass<T>, levels: readonly [T, T, T, T]): T {
  const { ops, weights } = pass;
  const like = (x: T, level: T): T => {
    const [, height, width] = ops.shape(level) as [number, number, number, number];
    return ops.resizeBilinear(x, [height, width], true);
  };
  const [level0, level1, level2, level3] = levels;
  const x1 = poolPyramid(pass, level3);
  const raised = pointwise(pass, 'decoder.conv_x1', like(x1, level2));
  pass.observe?.('decoder.conv_x1', raised);
  const x2 = fuse(pass, 'Conv_fuse1_', ops.add(raised, fuse(pass, 'Conv_fuse1', level2)));
  const x3 = fuse(pass, 'Conv_fuse2_', ops.add(like(x2, level1), fuse(pass, 'Conv_fuse2', level1)));
  const x4 = fuse(pass, 'Conv_fuse3_', ops.add(like(x3, level0), fuse(pass, 'Conv_fuse3', level0)));
  const full = [x1, x2, x3].map((x) => like(x, level0));
  const fused = fuse(pass, 'fuse_all', ops.concat([...full, x4], 3));
  const kernel = ops.transpose(weight(weights, 'cls_seg.0.weight'), [2, 3, 1, 0]);
  const logits = ops.conv2d(fused, kernel, { stride: 1, padding: 1 });
  return ops.add(logits, weight(weights, 'cls_seg.0.bias'));
}

/** 1×1 convolution, group normalisation, GELU, then a transposed convolution whose stride is its kernel, `up`. */
function pyramidLevel<T>(pass: HeadPass<T>, path: string, map: T, up: number): T {
  const { ops, config, random } = pass;
  const hidden = gelu(
    ops,
    groupNorm(pass, `${path}.1`, pointwise(pass, `${path}.0`, map), pyramidGroups),
  );
  const raised = path === 'conv3' ? hidden : unfold(pass, `${path}.3`, hidden, up);
  const level = dropout(ops, raised, config.headDropout.pyramid, random);
  pass.observe?.(path, level);
  return level;
}

/** Transposed convolution with stride = kernel = `up`: every pixel becomes up × up ones, a linear layer. */
function unfold<T>({ ops, weights }: HeadPass<T>, path: string, x: T, up: number): T {
  const [batch, height, width, inner] = ops.shape(x) as [number, number, number, number];
  const kernel = weight(weights, `${path}.weight`); // [in, out, up, up]
  const out = ops.shape(kernel)[1]!;
  const flat = ops.reshape(ops.transpose(kernel, [0, 2, 3, 1]), [inner, up * up * out]);
  const product = ops.matMul(ops.reshape(x, [batch * height * width, inner]), flat);
  const apart = ops.reshape(product, [batch * height, width, up, up * out]);
  const rows = ops.transpose(apart, [0, 2, 1, 3]); // [b·h, up, w, up·out]
  const image = ops.reshape(rows, [batch, height * up, width * up, out]);
  return ops.add(image, weight(weights, `${path}.bias`));
}

function poolPyramid<T>(pass: FusionPass<T>, deepest: T): T {
  const { ops, config, random } = pass;
  const [, side] = ops.shape(deepest) as [number, number, number, number];
  const pooled = pooledSides.map((cells, i) => {
    const small = pointwise(
      pass,
      `decoder.PPMHead.psp_modules.${i}.1`,
      adaptiveMaxPool(pass, deepest, cells),
    );
    pass.observe?.(`ppm${i}`, small);
    return ops.resizeBilinear(small, [side, side], true);
  });
  const joined = pointwise(pass, 'decoder.PPMHead.final.0', ops.concat([...pooled, deepest], 3));
  const normed = gelu(ops, groupNorm(pass, 'decoder.PPMHead.final.1', joined, fusionGroups));
  const out = dropout(ops, normed, config.headDropout.pyramid, random);
  pass.observe?.('ppm_out', out);
  return out;
}

/**
 * PyTorch's AdaptiveMaxPool2d to cells × cells: cell i sees rows ⌊i·n/cells⌋ to ⌈(i+1)·n/cells⌉ − 1. Cells of unequal
 * size become equal by naming a row of theirs again, which changes no maximum.
 */
function adaptiveMaxPool<T>({ ops }: FusionPass<T>, x: T, cells: number): T {
  const [batch, side, , channels] = ops.shape(x) as [number, number, number, number];
  const from = (i: number): number => Math.floor((i * side) / cells);
  const size = (i: number): number => Math.ceil(((i + 1) * side) / cells) - from(i);
  const most = Math.max(...Array.from({ length: cells }, (_, i) => size(i)));
  const lines = Array.from({ length: cells * most }, (_, k) => {
    const cell = Math.floor(k / most);
    return from(cell) + Math.min(k % most, size(cell) - 1);
  });
  const wide = lines.length;
  const places = new Int32Array(batch * wide * wide);
  for (let i = 0; i < places.length; i++) {
    const [row, column] = [Math.floor(i / wide) % wide, i % wide];
    places[i] = lines[row]! * side + lines[column]!;
  }
  const flat = ops.reshape(x, [batch, side * side, channels]);
  const spread = ops.reshape(ops.gatherRows(flat, places, wide * wide), [
    batch,
    wide,
    wide,
    channels,
  ]);
  return ops.maxPool(spread, { size: most, stride: most });
}

/** 1×1 convolution, group normalisation, GELU, dropout. */
function fuse<T>(pass: FusionPass<T>, name: string, x: T): T {
  const { ops, config, random } = pass;
  const path = `decoder.${name}`;
  const normed = groupNorm(pass, `${path}.1`, pointwise(pass, `${path}.0`, x), fusionGroups);
  const out = dropout(ops, gelu(ops, normed), config.headDropout.fusion, random);
  pass.observe?.(path, out);
  return out;
}

/** A 1×1 convolution, kernel (out, in, 1, 1), of (b, h, w, in). */
function pointwise<T>({ ops, weights }: FusionPass<T>, path: string, x: T): T {
  const kernel = weight(weights, `${path}.weight`);
  const [out, inner] = ops.shape(kernel) as [number, number];
  const table = new Map([
    ['conv.weight', ops.reshape(kernel, [out, inner])],
    ['conv.bias', weight(weights, `${path}.bias`)],
  ]);
  return linear(ops, table, 'conv', x);
}

/** Group normalisation of (b, h, w, channels), epsilon 1e-5 as PyTorch's. */
function groupNorm<T>({ ops, weights }: FusionPass<T>, path: string, x: T, groups: number): T {
  const [batch, height, width, channels] = ops.shape(x) as [number, number, number, number];
  const apart = ops.reshape(x, [batch, height * width, groups, channels / groups]);
  const centred = ops.subtract(apart, ops.mean(apart, [1, 3], true));
  const variance = ops.mean(ops.multiply(centred, centred), [1, 3], true);
  const scaled = ops.divide(centred, ops.sqrt(ops.add(variance, ops.constant([1e-5], [1]))));
  const normed = ops.reshape(scaled, [batch, height, width, channels]);
  return ops.add(
    ops.multiply(normed, weight(weights, `${path}.weight`)),
    weight(weights, `${path}.bias`),
  );
}
