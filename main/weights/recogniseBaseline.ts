import type { TileFamilyId } from '../../app/model/tileNetwork.ts';
import { baselineNames } from './baselineNames.ts';
import type { NetworkTensor } from './stateDict.ts';
import type { TensorFile } from './tensorFile.ts';

export type BaselineFamily = Exclude<TileFamilyId, 'spectralgpt'>;

/** A baseline as a file holds it. */
export type FoundBaseline = {
  readonly family: BaselineFamily;
  /** Of a token, or of the last map. */
  readonly width: number;
  /** Blocks of a transformer, layers of a ResNet. */
  readonly depth: number;
  readonly bands: number;
  /** Pixels a side of a tile; absent where the network takes any. */
  readonly tile?: number;
  /** Classes of its last layer; absent where there is none. */
  readonly classes?: number;
  /** Its tensors by the names that torchvision, timm and SatMAE's code give them. */
  readonly tensors: ReadonlyMap<string, NetworkTensor>;
};

/** What belongs to each network; counters of batches and decoders of pre-training do not. */
const own: Readonly<Record<BaselineFamily, RegExp>> = {
  resnet50: /^(conv1|bn1|fc|layer[1-4]\.\d)\..*(weight|bias|running_mean|running_var)$/,
  vit: /^(cls_token|pos_embed|(patch_embed\.proj|blocks\.\d+|norm|fc_norm|head)\..*(weight|bias))$/,
  satmae:
    /^(cls_token|pos_embed|channel_embed|channel_cls_embed|(patch_embed\.\d+\.proj|blocks\.\d+|norm|fc_norm|head)\..*(weight|bias))$/,
};

/** ResNet-50, ViT or SatMAE of a published checkpoint, by names and shapes alone; undefined where there is none of them. */
export function recogniseBaseline(file: TensorFile): FoundBaseline | undefined {
  const named = baselineNames(file);
  const family = familyOf(named);
  if (family === undefined) return undefined;
  const tensors = new Map([...named].filter(([name]) => own[family].test(name)));
  const classes = shapeOf(named, family === 'resnet50' ? 'fc.weight' : 'head.weight')[0];
  const found = { family, tensors, ...(classes === undefined ? {} : { classes }) };
  if (family === 'resnet50') {
    const bands = shapeOf(named, 'conv1.weight')[1] ?? 0;
    return { ...found, width: 2048, depth: 50, bands };
  }
  const kernels = [...named].filter(([name]) => /^patch_embed\.(\d+\.)?proj\.weight$/.test(name));
  const [width = 0, , patch = 0] = kernels[0]?.[1].facts.shape ?? [];
  const depth = new Set(
    [...named.keys()].flatMap((name) => /^blocks\.(\d+)\./.exec(name)?.[1] ?? []),
  ).size;
  // One place more is the class token's.
  const side = Math.sqrt((shapeOf(named, 'pos_embed')[1] ?? 0) - 1);
  const bands = kernels.reduce((sum, [, { facts }]) => sum + (facts.shape[1] ?? 0), 0);
  return {
    ...found,
    width,
    depth,
    bands,
    ...(Number.isInteger(side) ? { tile: side * patch } : {}),
  };
}

const shapeOf = (named: ReadonlyMap<string, NetworkTensor>, name: string): readonly number[] =>
  named.get(name)?.facts.shape ?? [];

/** By what each has and no other: bottlenecks of 50 layers; tokens of two dimensions; embeddings of groups of bands. */
function familyOf(named: ReadonlyMap<string, NetworkTensor>): BaselineFamily | undefined {
  const stages = ['layer1.2', 'layer2.3', 'layer3.5', 'layer4.2'];
  const whole = stages.every((stage) => named.has(`${stage}.conv3.weight`));
  if (named.has('conv1.weight') && whole && !named.has('layer3.6.conv3.weight')) return 'resnet50';
  if (!named.has('cls_token') || !named.has('blocks.0.attn.q.weight')) return undefined;
  if (named.has('channel_embed') && named.has('patch_embed.0.proj.weight')) return 'satmae';
  return shapeOf(named, 'patch_embed.proj.weight').length === 4 ? 'vit' : undefined;
}
