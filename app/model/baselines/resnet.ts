import { createRandom } from '../../random.ts';
import { linear, weight } from '../layers.ts';
import type { Ops, Shape } from '../ops.ts';
import type { SpectralGptConfig } from '../spectralGpt/configuration.ts';
import type { Pass } from '../spectralGpt/encoder.ts';
import type { ParameterRule, Tuning } from '../spectralGpt/rules.ts';
import { fuseLevels } from '../spectralGpt/segmentation.ts';
import { freshWeights, fusionHeadShapes, linearShapes } from '../spectralGpt/weightTable.ts';
import type { WeightData, WeightShapes } from '../weights.ts';

/** Bottleneck blocks of the four stages, and their inner widths (He et al. 2016, table 1, 50 layers). */
const blocks = [3, 4, 6, 3] as const;
const widths = [64, 128, 256, 512] as const;
const expansion = 4;
/** As PyTorch's batch normalisation. */
const normEpsilon = 1e-5;

/** ResNet-50 over tiles; the dense tasks by UPerNet over its four stages. */
export type ResnetConfig = Pick<
  SpectralGptConfig,
  'imageSize' | 'bands' | 'classes' | 'headDropout'
> & {
  readonly task: 'scene' | 'multilabel' | 'segmentation' | 'change';
  /** Channels of the pyramid pooling and of every fusion. */
  readonly fusion: number;
};

/** UPerNet's widths are those of the stages. */
const headOf = ({ fusion }: ResnetConfig): SpectralGptConfig['head'] => {
  const [out0, out1, out2, deepest] = widths.map((width) => width * expansion) as [
    number,
    number,
    number,
    number,
  ];
  const level = (out: number): { hidden: number; out: number } => ({ hidden: out, out });
  return { levels: [level(out0), level(out1), level(out2)], deepest, fusion };
};

/**
 * How batch normalisation normalises: by the statistics kept with the weights, or by those of the batch at hand, which are told to
 * `observe` under the names of the kept ones.
 */
export type NormStatistics<T> =
  | { readonly of: 'weights' }
  | { readonly of: 'batch'; readonly observe?: (path: string, value: T) => void };

/** What the convolutions need of a pass. */
type StagePass<T> = Pick<Pass<T>, 'ops' | 'weights'> & { readonly statistics: NormStatistics<T> };

/** One forward pass of the network. */
export type ResnetPass<T> = Pass<T, ResnetConfig> & StagePass<T>;

/** Path to shape of every parameter and statistic; those of the stages are named as torchvision names them. */
export function resnetShapes(config: ResnetConfig): WeightShapes {
  const { task, classes, bands } = config;
  return new Map([
    ...stageShapes(bands),
    ...(task === 'scene' || task === 'multilabel'
      ? linearShapes('fc', classes, widths.at(-1)! * expansion)
      : fusionHeadShapes(classes, headOf(config))),
  ]);
}

function stageShapes(bands: number): WeightShapes {
  const shapes = new Map<string, Shape>();
  const norm = (path: string, channels: number): void => {
    for (const part of ['weight', 'bias', 'running_mean', 'running_var'])
      shapes.set(`${path}.${part}`, [channels]);
  };
  shapes.set('conv1.weight', [64, bands, 7, 7]);
  norm('bn1', 64);
  let inner = 64;
  for (const [stage, count] of blocks.entries()) {
    const width = widths[stage]!;
    for (let i = 0; i < count; i++) {
      const path = `layer${stage + 1}.${i}`;
      const convolutions = [
        [width, inner, 1, 1],
        [width, width, 3, 3],
        [width * expansion, width, 1, 1],
      ] as const;
      for (const [k, shape] of convolutions.entries()) {
        shapes.set(`${path}.conv${k + 1}.weight`, shape);
        norm(`${path}.bn${k + 1}`, shape[0]);
      }
      if (i === 0) {
        shapes.set(`${path}.downsample.0.weight`, [width * expansion, inner, 1, 1]);
        norm(`${path}.downsample.1`, width * expansion);
      }
      inner = width * expansion;
    }
  }
  return shapes;
}

/** Fresh values: kernels normal with variance 2 / (outputs · area) (He et al. 2015), normalisations that change nothing. */
export function freshResnetWeights(config: ResnetConfig, seed: number): WeightData {
  const stages = [...stageShapes(config.bands)].map(([path, shape]) => {
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    if (shape.length === 4) {
      const random = createRandom(seed, path);
      const deviation = Math.sqrt(2 / (shape[0]! * shape[2]! * shape[3]!));
      for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal();
    } else if (path.endsWith('.weight') || path.endsWith('.running_var')) values.fill(1);
    return [path, { shape, values }] as const;
  });
  return new Map([...freshWeights(resnetShapes(config), seed), ...stages]);
}

const isStatistic = (path: string): boolean => /\.running_(mean|var)$/.test(path);

const stagePart = /^(conv1|bn1|layer(\d))\./;

/** One rate; kernels decay, normalisations and biases do not. A tuning by `blocks` counts stages. */
export function resnetRule(tuning: Tuning): (path: string) => ParameterRule {
  const learns = (path: string): boolean => {
    const stage = stagePart.exec(path);
    if (isStatistic(path)) return false;
    if (tuning.kind === 'all' || stage === null) return true;
    return tuning.kind === 'last' && Number(stage[2] ?? 0) > blocks.length - tuning.blocks;
  };
  return (path) => ({
    rate: learns(path) ? 1 : 0,
    decays: path.endsWith('.weight') && !/(^|\.)(bn\d|downsample\.1|[01])\.weight$/.test(path),
  });
}

/** Logits (b, classes), or (b, S, S, classes) of the dense tasks; change by the differences of all stages. */
export function resnetLogits<T>(pass: ResnetPass<T>, image: T, second?: T): T {
  const { ops, weights, config } = pass;
  const stages = stagesOf(pass, image);
  if (config.task === 'scene' || config.task === 'multilabel')
    return linear(ops, weights, 'fc', ops.mean(stages.at(-1)!, [1, 2]));
  const later = config.task === 'change' ? stagesOf(pass, second!) : undefined;
  const levels =
    later === undefined ? stages : stages.map((stage, i) => ops.subtract(stage, later[i]!));
  const logits = fuseLevels(pass, levels as [T, T, T, T]);
  return ops.resizeBilinear(logits, [config.imageSize, config.imageSize], false);
}

/** Maps of the four stages of an image (b, bands, S, S): (b, S/4, S/4, 256) to (b, S/32, S/32, 2048). Sizes are rounded up. */
function stagesOf<T>(pass: StagePass<T>, image: T): readonly T[] {
  const { ops } = pass;
  const stem = normalised(
    pass,
    'bn1',
    convolve(pass, 'conv1', ops.transpose(image, [0, 2, 3, 1]), 2),
  );
  // What is padded is 0, and nothing is less after the rectifier.
  const padded = ops.pad(rectify(ops, stem), [
    [0, 0],
    [1, 1],
    [1, 1],
    [0, 0],
  ]);
  let x = ops.maxPool(padded, { size: 3, stride: 2 });
  return blocks.map((count, stage) => {
    for (let i = 0; i < count; i++)
      x = bottleneck(pass, `layer${stage + 1}.${i}`, x, stage > 0 && i === 0 ? 2 : 1);
    return x;
  });
}

function bottleneck<T>(pass: StagePass<T>, path: string, x: T, stride: number): T {
  const { ops, weights } = pass;
  const first = rectify(
    ops,
    normalised(pass, `${path}.bn1`, convolve(pass, `${path}.conv1`, x, 1)),
  );
  // torchvision's (and SeCo's) version 1.5: the 3 × 3 convolution takes the stride.
  const second = rectify(
    ops,
    normalised(pass, `${path}.bn2`, convolve(pass, `${path}.conv2`, first, stride)),
  );
  const third = normalised(pass, `${path}.bn3`, convolve(pass, `${path}.conv3`, second, 1));
  const short = weights.has(`${path}.downsample.0.weight`)
    ? normalised(pass, `${path}.downsample.1`, convolve(pass, `${path}.downsample.0`, x, stride))
    : x;
  return rectify(ops, ops.add(third, short));
}

const rectify = <T>(ops: Ops<T>, x: T): T => ops.maximum(x, ops.constant([0], [1]));

/** A convolution without bias, kernel (out, in, k, k), padded by ⌊k / 2⌋. */
function convolve<T>({ ops, weights }: StagePass<T>, path: string, x: T, stride: number): T {
  const kernel = weight(weights, `${path}.weight`);
  const size = ops.shape(kernel)[2]!;
  return ops.conv2d(x, ops.transpose(kernel, [2, 3, 1, 0]), {
    stride,
    padding: Math.floor(size / 2),
  });
}

/** Batch normalisation (Ioffe and Szegedy 2015) of (b, h, w, channels). */
function normalised<T>({ ops, weights, statistics }: StagePass<T>, path: string, x: T): T {
  const [mean, variance] =
    statistics.of === 'weights'
      ? [weight(weights, `${path}.running_mean`), weight(weights, `${path}.running_var`)]
      : batchMoments(ops, x);
  if (statistics.of === 'batch') {
    statistics.observe?.(`${path}.running_mean`, mean);
    statistics.observe?.(`${path}.running_var`, variance);
  }
  const deviation = ops.sqrt(ops.add(variance, ops.constant([normEpsilon], [1])));
  const scale = ops.divide(weight(weights, `${path}.weight`), deviation);
  return ops.add(ops.multiply(ops.subtract(x, mean), scale), weight(weights, `${path}.bias`));
}

function batchMoments<T>(ops: Ops<T>, x: T): readonly [T, T] {
  const mean = ops.mean(x, [0, 1, 2]);
  const centred = ops.subtract(x, mean);
  return [mean, ops.mean(ops.multiply(centred, centred), [0, 1, 2])];
}
