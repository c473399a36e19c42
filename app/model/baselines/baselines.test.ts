// Outputs by torchvision 0.29's resnet50 and by timm 1.0's VisionTransformer (and SatMAE's tokens before its blocks) in PyTorch
// 2.15, over weights and images that the formulas below make here and there.

import { expect, test } from 'vitest';
import { openEngine } from '../../../main/engines/table.ts';
import type { Ops, Shape } from '../ops.ts';
import type { WeightData, WeightShapes, Weights } from '../weights.ts';
import { freshResnetWeights, type ResnetConfig, resnetLogits, resnetShapes } from './resnet.ts';
import { smallHead } from './testing/smallHead.ts';
import { freshVitWeights, type VitConfig, vitLogits, vitShapes } from './vit.ts';

const count = (shape: Shape): number => shape.reduce((product, size) => product * size, 1);

function formulaValues(path: string, shape: Shape): Float32Array {
  let phase = 0;
  for (const letter of path) phase = (phase * 31 + letter.codePointAt(0)!) % 9973;
  const last = path.split('.').at(-1);
  const of = (sine: number): number => {
    if (last === 'running_var') return 1 + 0.2 * sine * sine;
    if (last === 'running_mean' || last === 'bias') return 0.1 * sine;
    return shape.length === 1 ? 1 + 0.1 * sine : sine * Math.sqrt((1.5 * shape[0]!) / count(shape));
  };
  return Float32Array.from({ length: count(shape) }, (_, i) => of(Math.sin(i * 0.7 + phase)));
}

const formulaWeights = (shapes: WeightShapes): WeightData =>
  new Map(
    [...shapes].map(([path, shape]) => [path, { shape, values: formulaValues(path, shape) }]),
  );

const formulaImage = (shape: Shape): Float32Array =>
  Float32Array.from(
    { length: count(shape) },
    (_, i) => 0.5 + 0.5 * Math.sin(i * 0.013 + Math.sin(i * 0.0007) * 3),
  );

async function run(
  weights: WeightData,
  shape: Shape,
  body: <T>(ops: Ops<T>, weights: Weights<T>, image: T) => T,
): Promise<Float32Array> {
  const engine = await openEngine({});
  try {
    const [result] = engine.run(weights, (ops, tensors) => [
      body(ops, tensors, ops.constant(formulaImage(shape), shape)),
    ]);
    return result!.values;
  } finally {
    engine.dispose();
  }
}

function expectClose(found: Float32Array, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(found[i]).toBeCloseTo(value, 3);
}

const resnet: ResnetConfig = {
  task: 'scene',
  classes: 5,
  bands: 12,
  imageSize: 64,
  headDropout: { pyramid: 0, fusion: 0 },
  fusion: 64,
};
const resnetWeights = formulaWeights(resnetShapes(resnet));

test('ResNet-50 gives what torchvision gives, by kept statistics and by those of the batch', async () => {
  const kept = await run(resnetWeights, [2, 12, 64, 64], (ops, weights, image) =>
    resnetLogits({ ops, weights, config: resnet, statistics: { of: 'weights' } }, image),
  );
  expectClose(
    kept,
    [-6.71824, -0.34622, 6.3219, 6.80074, 0.65722, -6.71984, -0.34546, 6.32426, 6.8024, 0.65656],
  );
});

test('a batch tells its statistics at every normalisation, as PyTorch finds them', async () => {
  const engine = await openEngine({});
  const shape = [2, 12, 64, 64];
  const names: string[] = [];
  const results = engine.run(resnetWeights, <T>(ops: Ops<T>, weights: Weights<T>) => {
    const found: T[] = [];
    const observe = (path: string, value: T): void => {
      names.push(path);
      found.push(value);
    };
    const image = ops.constant(formulaImage(shape), shape);
    return [
      resnetLogits({ ops, weights, config: resnet, statistics: { of: 'batch', observe } }, image),
      ...found,
    ];
  });
  engine.dispose();
  const statistics = [...resnetShapes(resnet).keys()].filter((path) => path.includes('.running_'));
  expect(names.toSorted()).toEqual(statistics.toSorted());
  const first = (path: string): Float32Array =>
    results[1 + names.indexOf(path)]!.values.subarray(0, 3);
  expectClose(first('bn1.running_mean'), [0.0687, -0.06913, 0.06937]);
  expectClose(first('bn1.running_var'), [0.06573, 0.06574, 0.06567]);
  expectClose(first('layer1.2.bn3.running_mean'), [-0.33189, -0.43749, -0.26651]);
  expectClose(first('layer1.2.bn3.running_var'), [0.03678, 0.04513, 0.01739]);
  expectClose(first('layer2.3.bn3.running_mean'), [0.09128, -0.00956, -0.09005]);
  expectClose(first('layer2.3.bn3.running_var'), [0.00402, 0.0495, 0.00427]);
});

test('ResNet-50 has as many parameters as torchvision counts', () => {
  const learned = [...resnetShapes(resnet)].filter(([path]) => !path.includes('.running_'));
  const total = learned.reduce((sum, [, shape]) => sum + count(shape), 0);
  expect(total).toBe(23_546_501);
  const fresh = freshResnetWeights(resnet, 1);
  expect([...fresh.keys()]).toEqual([...resnetShapes(resnet).keys()]);
  expect(fresh.get('bn1.running_var')!.values).toEqual(new Float32Array(64).fill(1));
});

test('change by ResNet-50 gives logits for every pixel', async () => {
  const config: ResnetConfig = { ...resnet, task: 'change', classes: 2 };
  const found = await run(freshResnetWeights(config, 1), [1, 12, 64, 64], (ops, weights, image) =>
    resnetLogits({ ops, weights, config, statistics: { of: 'weights' } }, image, image),
  );
  expect(found).toHaveLength(64 * 64 * 2);
});

const vit: VitConfig = {
  task: 'scene',
  embedDim: 48,
  depth: 2,
  heads: 4,
  imageSize: 32,
  bands: 12,
  patch: 8,
  classes: 5,
  dropPath: 0,
  headDropout: { pyramid: 0, fusion: 0 },
  head: smallHead,
  groupEmbedding: 0,
};
const satmae: VitConfig = {
  ...vit,
  bands: 10,
  groups: [
    [0, 1, 2, 6],
    [3, 4, 5, 7],
    [8, 9],
  ],
  groupEmbedding: 16,
};

test.each([
  [
    'the plain transformer',
    vit,
    [-0.15267, 0.02728, 0.30425, -0.36377, -0.04749, -0.15034, 0.0204, 0.30983, -0.36332, -0.05359],
  ],
  [
    "SatMAE's",
    satmae,
    [-0.67923, 0.502, 0.28436, -0.81559, 0.4925, -0.69189, 0.52546, 0.27001, -0.82254, 0.51484],
  ],
])('%s gives what PyTorch gives', async (_, config, wanted) => {
  const weights = formulaWeights(vitShapes(config));
  const shape = [2, config.bands, 32, 32];
  const found = await run(weights, shape, (ops, tensors, image) =>
    vitLogits({ ops, weights: tensors, config }, image),
  );
  expectClose(found, wanted);
});

test.each([vit, satmae])('dense tasks give logits for every pixel', async (config) => {
  const dense: VitConfig = { ...config, task: 'change', classes: 2 };
  const weights = freshVitWeights(dense, 1);
  const found = await run(weights, [1, config.bands, 32, 32], (ops, tensors, image) =>
    vitLogits({ ops, weights: tensors, config: dense }, image, image),
  );
  expect(found).toHaveLength(32 * 32 * 2);
});

test("positions of SatMAE's fresh network are the sines of its code", () => {
  const { values } = freshVitWeights(satmae, 1).get('pos_embed')!;
  // place (row 2, column 3) after the class token: width 32 = 16 of the column, 16 of the row
  const at = (1 + 2 * 4 + 3) * 32;
  const of = (position: number): number[] => {
    const angles = Array.from({ length: 8 }, (_, i) => position / 10_000 ** (i / 8));
    return [...angles.map(Math.sin), ...angles.map(Math.cos)];
  };
  expectClose(values.subarray(at, at + 32), [...of(3), ...of(2)]);
});
