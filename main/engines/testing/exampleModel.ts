import type { ModelCard } from '../../../app/contract/modelCard.ts';
import { spectralMamba, spectralMambaConfig } from '../../../app/model/spectralMamba.ts';
import { fitForest } from '../forest.ts';
import { saveModelFolder } from '../modelFolder.ts';

/** Of the networks of `exampleMembers`. */
export const exampleConfig = spectralMambaConfig({
  bands: 6,
  classes: 3,
  pieces: 2,
  width: 4,
  states: 2,
});

/** A card with everything that one may have. */
export function exampleCard(changes: Partial<ModelCard> = {}): Omit<ModelCard, 'weightsSha256'> {
  return {
    format: 'prismap-model',
    version: 1,
    name: 'lake',
    title: 'SpectralMamba (re-implementation)',
    family: 'spectralmamba',
    preset: 'prismap',
    config: exampleConfig,
    members: 2,
    bands: Array.from({ length: 6 }, (_, i) => ({
      name: `B${i + 1}`,
      wavelengthNm: 450 + 50 * i,
      scale: 1e-4,
      offset: 0,
    })),
    classes: ['water', 'grass', 'roof'].map((name, i) => ({
      value: i + 1,
      name,
      color: [0, i, 9],
    })),
    normalisation: {
      views: [{ view: 'value', mean: [1, 2, 3, 4, 5, 6], std: [1, 1, 1, 1, 1, 0.1] }],
    },
    training: {
      scenes: [{ path: 'scene.tif', sha256: '0'.repeat(64) }],
      rois: [{ path: 'rois.geojson' }],
      samples: { training: 30, validation: 10 },
      split: 'block',
      settings: { epochs: 3 },
      seed: 1,
      epochs: 3,
      bestEpoch: 2,
    },
    figures: { oa: 0.9, aa: 0.85, kappa: 0.8 },
    engine: { engine: 'cpu', device: 'CPU', versions: { tfjs: '4.22.0' } },
    licence: 'CC-BY-4.0',
    created: '2026-01-01T00:00:00Z',
    ...changes,
  };
}

/** Two networks of `exampleCard`. */
export const exampleMembers = [1, 2].map((seed) =>
  spectralMamba.initialWeights(exampleConfig, seed),
);

/** Writes a small model into a folder. */
export async function writeExampleModel(
  folder: string,
  kind: 'network' | 'forest',
): Promise<ModelCard> {
  const curve = [{ epoch: 1 }];
  if (kind === 'network')
    return saveModelFolder(folder, { card: exampleCard(), weights: exampleMembers, curve });
  const samples = {
    features: Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.3)),
    bands: 6,
    labels: Int32Array.from({ length: 10 }, (_, i) => i % 3),
    classes: 3,
  };
  const train = Int32Array.from({ length: 10 }, (_, i) => i);
  const forest = await fitForest(samples, { train, trees: 4, seed: 1 });
  const card = exampleCard({ family: 'forest', config: { bands: 6, classes: 3 }, members: 1 });
  return saveModelFolder(folder, { card, weights: forest, curve });
}
