import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeRois, writeScene } from '../../main/services/batch/testing/batchScenes.ts';
import { createServices } from '../../main/services/createServices.ts';
import { runInChild } from '../../main/workers/host.ts';
import { cli, hashesBelow, tornFiles, type Work } from '../work.ts';

const scenes = 6;
/** Times stand in the summary, the report and the records. */
const files = /^(?!\.batch)(?!.*\.tif\.json$)(?!summary\.json$|report\.html$).*(?<!\.part-.*)$/;

/** A recipe over scenes; maps that have their name are whole, and no scene is lost or counted twice. */
export const batch: Work = {
  name: 'batch',
  prepare: async (inputs) => {
    for (let i = 0; i < scenes; i++)
      await writeScene(join(inputs, `scenes/${i}.tif`), {
        ...{ seed: i, corner: [400_000 + 900 * i, 5_800_000] },
      });
    await writeScene(join(inputs, 'learn.tif'), { seed: 9 });
    writeRois(join(inputs, 'rois.geojson'));
    writeFileSync(
      join(inputs, 'recipe.yaml'),
      'model: model\npostprocess: { majority: 3, sieve: 5 }\noutputs: { vector: "{name}.gpkg" }\n',
    );
    await createServices({ runTask: runInChild }).call('train', {
      ...{ scene: [join(inputs, 'learn.tif')], rois: join(inputs, 'rois.geojson') },
      ...{ model: 'forest', split: 'random', out: join(inputs, 'model') },
    });
  },
  words: (inputs, folder) => [
    ...[cli, 'batch', join(inputs, 'scenes'), '--recipe', join(inputs, 'recipe.yaml')],
    ...['--out', folder, '--retries', '10', '--json'],
  ],
  results: (folder) => hashesBelow(folder, files),
  admits: (said) => {
    const { failed } = JSON.parse(said) as { failed: { code: string; message: string }[] };
    return failed.length > 0 && failed.every(({ code }) => code !== 'internal');
  },
  faults: (folder, _, whole) => tornFiles(folder, /^\d+\.(tif|gpkg)$/, whole),
};
