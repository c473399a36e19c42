import { AppError } from '../error.ts';
import type { ModelFamily } from './family.ts';
import {
  checkSpectralMambaConfig,
  type SpectralMambaConfig,
  spectralMamba,
} from './spectralMamba.ts';

/** A family with the sizes of one network: all that is needed to build it. */
export type Architecture = {
  readonly family: ModelFamily<SpectralMambaConfig>;
  readonly config: SpectralMambaConfig;
};

/** What a network is called wherever a person reads its name. */
export const displayNames: Readonly<Record<string, string>> = {
  spectralmamba: 'SpectralMamba (re-implementation)',
  forest: 'Random forest',
};

/** The network of a family. @throws AppError `usage` for sizes that make no network */
export function architecture(family: 'spectralmamba', config: SpectralMambaConfig): Architecture {
  if (family !== spectralMamba.id) throw new AppError('usage', `There is no model "${family}".`);
  checkSpectralMambaConfig(config);
  return { family: spectralMamba, config };
}
