// The labelled sets of `npm run bench:accuracy`, read through the product's own readers.
import { existsSync, readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { wholeWindow } from '../app/raster/grid.ts';
import type { LabelledSpectra } from '../main/engines/fit.ts';
import { openScene } from '../main/raster/formats.ts';

const shared = join(import.meta.dirname, '..', '..', 'shared');
const folder = join(shared, 'data', 'hsi');
const splits = join(shared, 'fixtures', 'spectralmamba', 'splits');

/** Whether the sets are on this machine. */
export function dataPresent(): boolean {
  return existsSync(folder) && existsSync(splits);
}

/** A labelled set; for images, where every sample lies and what lies around it. */
export type DataSet = {
  readonly name: string;
  readonly bands: number;
  readonly classes: number;
  /** (samples, bands) */
  readonly features: Float32Array;
  /** From 0. */
  readonly labels: Int32Array;
  /** EnMAP: 0 training tile, 1 validation tile, 2 test tile. */
  readonly parts?: Int32Array;
  /** What lies together, by sample: the connected region of a class (Houston2013) or the tile (EnMAP). */
  readonly units?: Int32Array;
  /** The 3 × 3 pixels around sample i: their places in a table of spectra, mirrored at the edges. */
  readonly neighbours?: { readonly spectra: Float32Array; readonly places: Int32Array };
};

/** All bands of a scene, band after band, pixel after pixel. */
async function readAll(path: string): Promise<{
  readonly width: number;
  readonly height: number;
  readonly bands: readonly Float64Array[];
}> {
  const scene = await openScene(join(folder, path));
  try {
    const { width, height } = scene.description.grid;
    const block = await scene.read({ window: wholeWindow({ width, height }) });
    return { width, height, bands: block.bands.map((band) => Float64Array.from(band, Number)) };
  } finally {
    await scene.close();
  }
}

/** Official training spectra of Houston2013; no image, hence no patches. */
export async function houston(): Promise<DataSet> {
  const spectra = await readAll('houston2013_official_train/HSI_TrSet.mat');
  const labels = await readAll('houston2013_official_train/TrLabel.mat');
  return {
    name: 'Houston2013',
    bands: spectra.width,
    classes: 15,
    features: Float32Array.from(spectra.bands[0]!),
    labels: Int32Array.from(labels.bands[0]!, (value) => value - 1),
    units: regionsOf(await readAll('houston2013_official_train/TRAIN_GT.mat')),
  };
}

/** The connected region of a class that each labelled pixel belongs to, pixels column after column as MATLAB counts them. */
function regionsOf(map: Awaited<ReturnType<typeof readAll>>): Int32Array {
  const { width, height } = map;
  const labels = map.bands[0]!;
  const regions = new Int32Array(labels.length).fill(-1);
  const order: number[] = [];
  for (let x = 0; x < width; x++)
    for (let y = 0; y < height; y++) if (labels[y * width + x]! > 0) order.push(y * width + x);
  let count = 0;
  for (const start of order) {
    if (regions[start] !== -1) continue;
    const open = [start];
    while (open.length > 0) {
      const at = open.pop()!;
      if (regions[at] !== -1) continue;
      regions[at] = count;
      const x = at % width;
      const around = [at - width, at + width, ...(x > 0 ? [at - 1] : [])];
      if (x < width - 1) around.push(at + 1);
      open.push(...around.filter((next) => labels[next] === labels[start] && regions[next] === -1));
    }
    count++;
  }
  return Int32Array.from(order, (at) => regions[at]!);
}

/** Jasper Ridge; the label of a pixel is its largest end-member. */
export async function jasper(): Promise<DataSet> {
  const { width, height, bands } = await readAll('jasper_ridge/JasperRidge2_R198.mat');
  const abundances = await readAll('jasper_ridge/JasperRidge2_end4.mat');
  const pixels = width * height;
  const features = new Float32Array(pixels * bands.length);
  const labels = new Int32Array(pixels);
  for (let i = 0; i < pixels; i++) {
    for (const [band, values] of bands.entries()) features[i * bands.length + band] = values[i]!;
    // The abundances come in MATLAB's order, column after column.
    const column = (i % width) * height + Math.floor(i / width);
    const shares = [0, 1, 2, 3].map((c) => abundances.bands[0]![c * pixels + column]!);
    labels[i] = shares.indexOf(Math.max(...shares));
  }
  const places = placesAround(pixels, (i, dx, dy) => {
    const x = Math.min(width - 1, Math.max(0, (i % width) + dx));
    const y = Math.min(height - 1, Math.max(0, Math.floor(i / width) + dy));
    return y * width + x;
  });
  return {
    name: 'Jasper Ridge',
    bands: bands.length,
    classes: 4,
    features,
    labels,
    neighbours: { spectra: features, places },
  };
}

/** Bands 129 to 134 of the EnMAP tiles hold nodata everywhere. */
const emptyBands = new Set([129, 130, 131, 132, 133, 134]);
const tileSize = 32;

/** The 18 EnMAP tiles of Potsdam; samples in row-major order of their mosaic, as the stored split counts them. */
export async function enmap(): Promise<DataSet> {
  const names = (await readdir(join(folder, 'enmap_potsdam', 'images'))).sort();
  const lists = ['train_files.csv', 'validation_files.csv', 'test_files.csv'].map((file) =>
    readFileSync(join(folder, 'enmap_potsdam', file), 'utf8'),
  );
  type Pixel = { x: number; y: number; label: number; part: number; tile: number; place: number };
  const pixels: Pixel[] = [];
  const spectra: number[][] = [];
  const placeOf = new Map<string, number>();
  for (const [tile, name] of names.entries()) {
    const [, left = 0, top = 0] = (/tile_(\d+)_(\d+)\.tif$/.exec(name) ?? []).map(Number);
    const image = await readAll(`enmap_potsdam/images/${name}`);
    const labels = await readAll(`enmap_potsdam/labels/${name}`);
    const part = lists.findIndex((list) => list.includes(name));
    const bands = image.bands.filter((_, band) => !emptyBands.has(band));
    for (let i = 0; i < tileSize * tileSize; i++) {
      const [x, y] = [left + (i % tileSize), top + Math.floor(i / tileSize)];
      const place = spectra.length;
      placeOf.set(`${x},${y}`, place);
      spectra.push(bands.map((band) => band[i]!));
      const label = labels.bands[0]![i]!;
      if (label > 0) pixels.push({ x, y, label, part, tile, place });
    }
  }
  pixels.sort((a, b) => a.y - b.y || a.x - b.x);
  const bands = spectra[0]!.length;
  const places = placesAround(pixels.length, (i, dx, dy) => {
    const { x, y, place } = pixels[i]!;
    // A tile beyond the edge is missing: then the edge pixel stands for its neighbour.
    const candidates = [`${x + dx},${y + dy}`, `${x + dx},${y}`, `${x},${y + dy}`];
    return candidates.map((at) => placeOf.get(at)).find((found) => found !== undefined) ?? place;
  });
  return {
    name: 'EnMAP Potsdam',
    bands,
    classes: 6,
    features: Float32Array.from(pixels.flatMap(({ place }) => spectra[place]!)),
    labels: Int32Array.from(pixels, ({ label }) => label - 1),
    parts: Int32Array.from(pixels, ({ part }) => part),
    units: Int32Array.from(pixels, ({ tile }) => tile),
    neighbours: { spectra: Float32Array.from(spectra.flat()), places },
  };
}

function placesAround(
  count: number,
  placeOf: (sample: number, dx: number, dy: number) => number,
): Int32Array {
  const places = new Int32Array(count * 9);
  for (let i = 0; i < count; i++) {
    for (let tap = 0; tap < 9; tap++) {
      places[i * 9 + tap] = placeOf(i, (tap % 3) - 1, Math.floor(tap / 3) - 1);
    }
  }
  return places;
}

/** Samples as the training takes them. @throws Error where patches are asked of a set without an image */
export function samplesOf(data: DataSet, patch: 1 | 3): LabelledSpectra {
  const { bands, labels, features, neighbours } = data;
  if (patch === 1) return { features, bands, patch, labels };
  if (neighbours === undefined) throw new Error(`${data.name} has no image`);
  const patches = new Float32Array(labels.length * bands * 9);
  for (let i = 0; i < labels.length; i++) {
    for (let tap = 0; tap < 9; tap++) {
      const place = neighbours.places[i * 9 + tap]! * bands;
      for (let band = 0; band < bands; band++) {
        patches[(i * bands + band) * 9 + tap] = neighbours.spectra[place + band]!;
      }
    }
  }
  return { features: patches, bands, patch, labels };
}

/** Training and test samples of a stored split. */
export function storedSplit(name: string, count: number): { train: Int32Array; test: Int32Array } {
  const { train } = JSON.parse(readFileSync(join(splits, `${name}.json`), 'utf8')) as {
    readonly train: readonly number[];
  };
  return trainAndRest(Int32Array.from(train), count);
}

/** The given training samples and all others. */
export function trainAndRest(
  train: Int32Array,
  count: number,
): { train: Int32Array; test: Int32Array } {
  const chosen = new Set(train);
  const all = Int32Array.from({ length: count }, (_, i) => i);
  return { train, test: all.filter((i) => !chosen.has(i)) };
}
