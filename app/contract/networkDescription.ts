import { z } from 'zod';
import { AppError } from '../error.ts';
import {
  checkSpectralMambaConfig,
  type SpectralMambaConfig,
  spectralMambaConfig,
} from '../model/spectralMamba.ts';

const size = z.int().positive();

/** Our names, and beside them those of the paper and of PyTorch ports; of two for the same thing, the last counts. */
const description = z.strictObject({
  family: z.literal('spectralmamba'),
  bands: size.optional(),
  C: size.optional(),
  classes: size.optional(),
  K: size.optional(),
  patch: z.union([z.literal(1), z.literal(3)]).optional(),
  pieces: size.optional(),
  R: size.optional(),
  width: size.optional(),
  d: size.optional(),
  depth: size.optional(),
  expand: size.optional(),
  E: size.optional(),
  states: size.optional(),
  N: size.optional(),
  kernel: size.optional(),
  k: size.optional(),
  dconv: size.optional(),
  timeRank: size.optional(),
  r: size.optional(),
  dt_rank: size.optional(),
  ln_eps: z.literal(1e-5).optional(),
  gssm: z.enum(['sum', 'mean']).optional(),
  pooling: z.enum(['mean', 'last']).optional(),
  direction: z.enum(['forward', 'both']).optional(),
  views: size.optional(),
  dropout: z.number().min(0).max(0.95).optional(),
});

const ours: Readonly<Record<string, keyof SpectralMambaConfig>> = {
  C: 'bands',
  K: 'classes',
  R: 'pieces',
  d: 'width',
  E: 'expand',
  N: 'states',
  k: 'kernel',
  dconv: 'kernel',
  r: 'timeRank',
  dt_rank: 'timeRank',
};

/**
 * A network described in JSON, by our names or the paper's: `{"family": "spectralmamba", "C": 145, "K": 14, "R": 4, "d": 32,
 * "N": 16}`. Fields that are absent take the paper's values.
 * @throws AppError `usage` with what is wrong
 */
export function readNetworkDescription(json: unknown, name: string): SpectralMambaConfig {
  const parsed = description.safeParse(json);
  const refuse = (why: string): AppError =>
    new AppError('usage', `${name} describes no network: ${why}.`, { path: name });
  if (!parsed.success) {
    const issues = parsed.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw refuse(issues.join('; '));
  }
  const fields: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(parsed.data)) {
    if (key !== 'family' && key !== 'ln_eps') fields[ours[key] ?? key] = value;
  }
  const { bands, classes } = fields;
  if (typeof bands !== 'number' || typeof classes !== 'number')
    throw refuse('the number of bands or of classes is missing');
  const config = spectralMambaConfig({ ...fields, bands, classes });
  checkSpectralMambaConfig(config);
  return config;
}
