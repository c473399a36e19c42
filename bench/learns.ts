// `npm run bench:learns [-- --only segmentation,change,pretraining] [--seeds 3] [--data FOLDER] [--out FOLDER]`: does the small SpectralGPT learn? By the
// calls that a user makes: segmentation and change on generated scenes against what was held back, and whether pre-training on
// unlabelled scenes pays on real ones. Everything is chosen on validation parts inside training; the figures come last.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServices } from '../main/services/createServices.ts';
import { runInChild } from '../main/workers/host.ts';
import { comparePretraining } from './learnsPretraining.ts';
import { copyColumns, f1OfChange } from './learnsRasters.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'segmentation,change,pretraining' },
    seeds: { type: 'string', default: '3' },
    data: { type: 'string', default: join(import.meta.dirname, '../../shared/data') },
    // Of pre-training: pixels, tiles, tokyo, kampala.
    networks: { type: 'string', default: '' },
    // Keeps models and reports, and pre-trained weights that are there already.
    out: { type: 'string' },
    threads: { type: 'string', default: '2' },
  },
});
const parts = values.only.split(',');
const services = createServices({ runTask: runInChild });
const folder = values.out ?? mkdtempSync(join(tmpdir(), 'prismap-learns-'));
mkdirSync(folder, { recursive: true });
const at = (...names: string[]): string => join(folder, ...names);
const threads = Number(values.threads);
const minutes = (since: number): string => ((performance.now() - since) / 60_000).toFixed(1);
const percent = (share = 0): string => (100 * share).toFixed(1);

try {
  if (parts.includes('segmentation')) await segmentation();
  if (parts.includes('change')) await change();
  if (parts.includes('pretraining'))
    await comparePretraining({
      ...{ services, data: values.data, out: folder, seeds: Number(values.seeds), threads },
      only: values.networks === '' ? [] : values.networks.split(','),
    });
} finally {
  if (values.out === undefined) rmSync(folder, { recursive: true, force: true });
}

/** The generated Sentinel-2 scene: mIoU of the whole map, its ROIs left out. */
async function segmentation(): Promise<void> {
  const made = await services.call('sample', { dir: at('scene'), kind: 'sentinel2' });
  const [model, map] = [at('segmentation'), at('map.tif')];
  const started = performance.now();
  const learned = await services.call('train', {
    ...{ scene: [made.scene], rois: made.rois, model: 'spectralgpt', preset: 'tiny' },
    ...{ out: model, validation: 0.15, threads },
  });
  const trained = minutes(started);
  const mapping = performance.now();
  await services.call('predict', { model, scene: made.scene, out: map, threads });
  const mapped = minutes(mapping);
  const { miou, oa } = await services.call('evaluate', {
    map,
    reference: made.reference,
    exclude: made.rois,
  });
  const { validation } = learned;
  console.log(
    `segmentation, whole map: mIoU ${percent(miou)}, OA ${percent(oa)} (validation: mIoU ${percent(validation.miou)}); trained in ${trained} min, mapped in ${mapped} min`,
  );
}

/** The generated pair: learned from the west, measured on the east, which training does not see. */
async function change(): Promise<void> {
  const made = await services.call('sample', { dir: at('pair'), kind: 'pair' });
  const labels = at('west.tif');
  const east = await copyColumns(made.change!, labels, 2 / 3);
  const [model, map] = [at('change'), at('change.tif')];
  const dates = { before: made.scene, after: made.second! };
  const started = performance.now();
  const learned = await services.call('train', {
    ...{ before: [dates.before], after: [dates.after], rois: labels, changed: ['2', '3', '4'] },
    ...{ model: 'spectralgpt', task: 'change', preset: 'tiny', changeWeights: 'none' },
    ...{ out: model, threads },
  });
  const trained = minutes(started);
  const mapping = performance.now();
  await services.call('change', { model, ...dates, out: map, threads });
  const { f1, precision, recall } = await f1OfChange(map, made.change!, east);
  console.log(
    `change, held-out third: F1 ${percent(f1)}, precision ${percent(precision)}, recall ${percent(recall)} (validation: F1 ${percent(learned.validation.f1)}); trained in ${trained} min, mapped in ${minutes(mapping)} min`,
  );
}
