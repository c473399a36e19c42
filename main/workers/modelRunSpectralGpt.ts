import { z } from 'zod';
import { AppError } from '../../app/error.ts';
import type { Shape } from '../../app/model/ops.ts';
import {
  checkSpectralGptConfig,
  officialSpectralGpt,
  prismapSpectralGpt,
  reconstructions,
  type SpectralGptConfig,
  tokenGrid,
} from '../../app/model/spectralGpt/configuration.ts';
import { spectralGptForward } from '../../app/model/spectralGpt/forward.ts';
import { spectralGptShapes } from '../../app/model/spectralGpt/weightTable.ts';
import { findStateDict } from '../weights/stateDict.ts';
import type { RunnableNetwork } from './modelRunNetwork.ts';

const size = z.int().min(1).max(65_536);
const level = z.strictObject({ hidden: size, out: size });

/** The fields of `CONFIG.json`; what is left out follows from setting and task. */
const description = z.strictObject({
  family: z.literal('spectralgpt'),
  setting: z.enum(['official', 'prismap']).default('prismap'),
  task: z.enum(['scene', 'multilabel', 'segmentation', 'change', 'pretrain']),
  classes: z.int().min(0).max(65_535).optional(),
  embedDim: size.optional(),
  depth: size.optional(),
  heads: size.optional(),
  imageSize: size.optional(),
  bands: size.optional(),
  spectralPatch: size.optional(),
  patch: size.optional(),
  separablePositions: z.boolean().optional(),
  pooling: z.enum(['all', 'all-but-first']).optional(),
  maskRatio: z.number().optional(),
  reconstruction: z.enum(['two-target', 'three-target']).optional(),
  normalisedTokens: z.boolean().optional(),
  decoder: z.strictObject({ embedDim: size, depth: size, heads: size }).optional(),
  head: z
    .strictObject({ levels: z.tuple([level, level, level]), deepest: size, fusion: size })
    .optional(),
});

/** SpectralGPT by the fields of its description. @throws AppError `usage` for what is no network */
export function runnableSpectralGpt(
  given: Readonly<Record<string, unknown>>,
  source: string,
): RunnableNetwork {
  const parsed = description.safeParse(given);
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new AppError('usage', `${source} is no network description: ${issues.join('; ')}.`);
  }
  const config = configOf(parsed.data);
  checkSpectralGptConfig(config);
  const { bands, imageSize, task } = config;
  const image = [bands, imageSize, imageSize];
  const { tokens } = tokenGrid(config);
  return {
    weightShapes: spectralGptShapes(config),
    tensorsIn: (file) => findStateDict(file).tensors,
    inputs: new Map<string, Shape>([
      ['input', image],
      ...(task === 'change' ? [['input2', image] as const] : []),
      ...(task === 'pretrain' ? [['noise', [tokens]] as const] : []),
    ]),
    mainOutput: task === 'pretrain' ? 'pred' : 'logits',
    forward: (ops, weights, inputs) => {
      type T = ReturnType<typeof ops.constant>;
      const seen = new Map<string, T>();
      const keep = (name: string, value: T): void => {
        // Dense results are channels last inside.
        const images = ops.shape(value).length === 4;
        seen.set(name, images ? ops.transpose(value, [0, 3, 1, 2]) : value);
      };
      const tensor = (name: string): T | undefined => {
        const found = inputs.get(name);
        return found && ops.constant(found.values, found.shape);
      };
      spectralGptForward(
        { ops, weights, config, observe: keep },
        {
          image: tensor('input')!,
          second: tensor('input2'),
          noise: inputs.get('noise')?.values,
        },
      );
      return seen;
    },
  };
}

function configOf(fields: z.infer<typeof description>): SpectralGptConfig {
  const {
    family: _,
    setting,
    task,
    classes = 0,
    reconstruction,
    normalisedTokens,
    ...sizes
  } = fields;
  const base = reconstructions[reconstruction ?? 'two-target'];
  const chosen = Object.fromEntries(
    Object.entries(sizes).filter(([, value]) => value !== undefined),
  ) as Partial<SpectralGptConfig>;
  const build = setting === 'official' ? officialSpectralGpt : prismapSpectralGpt;
  return build({
    ...chosen,
    task,
    classes,
    reconstruction: { ...base, normalisedTokens: normalisedTokens ?? base.normalisedTokens },
  });
}
