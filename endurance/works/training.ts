import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../main/engines/safetensors.ts';
import { writeRois, writeScene } from '../../main/services/batch/testing/batchScenes.ts';
import { cli, hashesBelow, tornFiles, type Work } from '../work.ts';

const epochs = 20;
/** Of the record it has the times. */
const files = /^(weights\.safetensors|model\.json|curve\.json|signatures\.json)$/;

/** A network learns; epochs that were said to be done stay done, and the weights are those of a run without interruption. */
export const training: Work = {
  name: 'training',
  prepare: async (inputs) => {
    await writeScene(join(inputs, 'scene.tif'), { seed: 3 });
    writeRois(join(inputs, 'rois.geojson'));
  },
  words: (inputs, folder) => [
    ...[cli, 'train', '--scene', join(inputs, 'scene.tif'), '--rois', join(inputs, 'rois.geojson')],
    ...['--out', join(folder, 'model'), '--epochs', String(epochs), '--preset', 'paper'],
    ...['--no-baseline', '--threads', '1', '--split', 'random', '--resume', '--json'],
  ],
  results: (folder) => hashesBelow(join(folder, 'model'), files),
  faults: (folder, _, whole) => {
    const found = tornFiles(join(folder, 'model'), files, whole);
    const checkpoints = join(folder, 'model', 'checkpoints');
    for (const entry of existsSync(checkpoints)
      ? readdirSync(checkpoints, { recursive: true, withFileTypes: true })
      : [])
      if (entry.name.endsWith('.safetensors')) {
        const path = join(entry.parentPath, entry.name);
        try {
          readSafetensors(readFileSync(path), path);
        } catch (error) {
          found.push(`${entry.name} is torn: ${String(error)}`);
        }
      }
    return found;
  },
};
