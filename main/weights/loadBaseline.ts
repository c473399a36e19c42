import { AppError } from '../../app/error.ts';
import type { Shape } from '../../app/model/ops.ts';
import type { SpectralGptConfig } from '../../app/model/spectralGpt/configuration.ts';
import {
  familyOf,
  freshTileWeights,
  type TileConfig,
  tileNetworkShapes,
} from '../../app/model/tileNetwork.ts';
import type { WeightData } from '../../app/model/weights.ts';
import { baselineNames } from './baselineNames.ts';
import { bicubicGrid } from './bicubic.ts';
import { type LoadReport, networkValues } from './loadSpectralGpt.ts';
import type { NetworkTensor } from './stateDict.ts';
import type { TensorFile } from './tensorFile.ts';

/** Layers that belong to a task: started anew. */
const taskLayer = /^(fc|head|fc_norm|cls_seg|decoder|conv[0-3]\.[013])\b/;
const firstKernel = /^(conv1|patch_embed\.proj)\.weight$/;

/**
 * The parameters of a baseline from a published checkpoint: torchvision's or SeCo's ResNet-50, timm's ViT, SatMAE's. Positions
 * are interpolated; a first layer for red, green and blue takes the places of those bands, the others start anew.
 * @param rgb Places of red, green and blue among the bands of the network, where it has them
 * @throws AppError `bad-weights` where the backbone is not there or has other sizes
 */
export async function loadBaseline(
  file: TensorFile,
  config: Exclude<TileConfig, SpectralGptConfig>,
  { seed, rgb }: { readonly seed: number; readonly rgb: readonly number[] | undefined },
): Promise<{ readonly weights: WeightData; readonly report: LoadReport }> {
  const named = baselineNames(file);
  const weights = new Map(freshTileWeights(config, seed));
  const report = {
    loaded: [] as string[],
    interpolated: [] as LoadReport['interpolated'][number][],
    fresh: [] as LoadReport['fresh'][number][],
    surplus: [...named.keys()].filter((name) => !weights.has(name)),
  };
  const missing: string[] = [];
  for (const [name, shape] of tileNetworkShapes(config)) {
    const tensor = named.get(name);
    if (taskLayer.test(name)) report.fresh.push({ name, reason: 'belongs to the task' });
    else if (tensor === undefined) missing.push(name);
    else {
      const fitted = await fit(file, {
        name,
        tensor,
        shape,
        rgb,
        fresh: weights.get(name)!.values,
      });
      weights.set(name, { shape, values: fitted.values });
      if (fitted.interpolated === undefined) report.loaded.push(name);
      else report.interpolated.push({ name, ...fitted.interpolated });
    }
  }
  if (missing.length > 0)
    throw new AppError(
      'bad-weights',
      `${file.path} lacks ${missing.length} tensors of this ${familyOf(config)} (${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}). Give weights of the same network.`,
      { path: file.path, missing },
    );
  return { weights, report };
}

type Fitting = {
  readonly name: string;
  readonly tensor: NetworkTensor;
  readonly shape: Shape;
  readonly rgb: readonly number[] | undefined;
  readonly fresh: Float32Array;
};

type Fitted = {
  readonly values: Float32Array;
  readonly interpolated?: { readonly from: number; readonly to: number };
};

async function fit(file: TensorFile, fitting: Fitting): Promise<Fitted> {
  const { name, tensor, shape, rgb, fresh } = fitting;
  const given = tensor.facts.shape;
  if (given.join() === shape.join()) return { values: await networkValues(file, tensor) };
  if (name === 'pos_embed') {
    const [from, to] = [Math.sqrt(given[1]! - 1), Math.sqrt(shape[1]! - 1)];
    if (Number.isInteger(from) && given[2] === shape[2])
      return {
        values: positionsOn(await networkValues(file, tensor), from, to, shape[2]!),
        interpolated: { from, to },
      };
  }
  const [out, bands, ...kernel] = given;
  if (firstKernel.test(name) && bands === 3 && rgb !== undefined) {
    const same = out === shape[0] && kernel.join() === shape.slice(2).join();
    if (same)
      return { values: placeBands(await networkValues(file, tensor), shape, rgb, fresh.slice()) };
  }
  throw new AppError(
    'bad-weights',
    `${file.path} has "${name}" of shape (${given.join(', ')}); this network needs (${shape.join(', ')}). Choose a network with the sizes of the file, or scenes with its bands.`,
    { path: file.path, name, found: given, needed: shape },
  );
}

/** The class token's position as it is, the others on a grid of another size. */
function positionsOn(values: Float32Array, from: number, to: number, width: number): Float32Array {
  const result = new Float32Array((to * to + 1) * width);
  result.set(values.subarray(0, width));
  result.set(bicubicGrid(values.subarray(width), { from, to, width }), width);
  return result;
}

/** A kernel (out, 3, k, k) at the places of red, green and blue of a kernel (out, bands, k, k). */
function placeBands(
  values: Float32Array,
  [out = 0, bands = 0, ...kernel]: Shape,
  rgb: readonly number[],
  into: Float32Array,
): Float32Array {
  const area = kernel.reduce((product, size) => product * size, 1);
  for (let row = 0; row < out; row++)
    for (const [color, band] of rgb.entries()) {
      const from = (row * 3 + color) * area;
      into.set(values.subarray(from, from + area), (row * bands + band) * area);
    }
  return into;
}
