import type { SpectralGptConfig } from '../../../app/model/spectralGpt/configuration.ts';
import { spectralGptShapes } from '../../../app/model/spectralGpt/weightTable.ts';
import type { WeightData } from '../../../app/model/weights.ts';
import { bicubicGrid } from '../../weights/bicubic.ts';

/** Weights of a network for the same network over tiles of another size: positions in space are interpolated, bicubically. */
export function carryOver(weights: WeightData, config: SpectralGptConfig): WeightData {
  return new Map(
    [...spectralGptShapes(config)].map(([name, shape]) => {
      const { shape: had, values } = weights.get(name)!;
      const [places, wanted, width] = [had[1]!, shape[1]!, shape[2]!];
      if (!name.endsWith('pos_embed_spatial') || places === wanted)
        return [name, { shape, values }] as const;
      const [from, to] = [Math.sqrt(places), Math.sqrt(wanted)];
      return [name, { shape, values: bicubicGrid(values, { from, to, width }) }] as const;
    }),
  );
}
