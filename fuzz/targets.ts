import type { Target } from './target.ts';
import { envi, mat5, mat73 } from './targets/arrays.ts';
import { mbtiles, pmtiles } from './targets/basemaps.ts';
import { corpusTarget } from './targets/corpus.ts';
import { json } from './targets/json.ts';
import { pickles } from './targets/pickles.ts';
import { jpeg, jpeg2000, png } from './targets/pictures.ts';
import { odd, safe, sidecars } from './targets/products.ts';
import { projects } from './targets/projects.ts';
import { checkpoints, models, safetensors } from './targets/safetensors.ts';
import { tiff } from './targets/tiff.ts';
import { vectors } from './targets/vectors.ts';

/** All targets; a row here is all that a new one needs. */
export const targets: readonly Target[] = [
  corpusTarget(targetOf),
  tiff,
  envi,
  png,
  jpeg,
  jpeg2000,
  mat5,
  mat73,
  safe,
  sidecars,
  odd,
  pickles,
  safetensors,
  checkpoints,
  models,
  json,
  projects,
  vectors,
  pmtiles,
  mbtiles,
];

/** @throws Error with the names that there are */
export function targetOf(name: string): Target {
  const target = targets.find((one) => one.name === name);
  if (target !== undefined) return target;
  throw new Error(`There is no target ${name}: ${targets.map((one) => one.name).join(', ')}`);
}
