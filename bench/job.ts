// The whole job beside a script of rasterio and PyTorch: a scene file to a land-cover map as COG, by the same weights, each in a process of
// its own from start to end.
import { execFileSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createServices } from '../main/services/createServices.ts';
import { runInChild } from '../main/workers/host.ts';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;
const peer = join(here, 'job_peer.py');

/** Pixels a side of the scene. */
const side = 2048;
/** Share of the pixels that have to be of the same class. */
const leastEqual = 0.9999;

/** @param folder where scene, model and maps are written */
export async function benches(folder: string): Promise<readonly Bench[]> {
  await mkdir(folder, { recursive: true });
  const services = createServices({ runTask: runInChild });
  const dir = join(folder, 'job-scene');
  const { scene, rois } = await services.call('sample', { dir, kind: 'sentinel2', size: side });
  const model = join(folder, 'job-model');
  await services.call('train', { scene: [scene], rois, out: model, baseline: false });
  const [ours, theirs] = [join(folder, 'ours.tif'), join(folder, 'theirs.tif')];
  const program = [join(here, '..', 'main', 'cli.ts'), 'predict', '--model', model];
  const run = (out: string, ...words: readonly string[]) => ({
    command: process.execPath,
    args: [join(here, 'jobSide.ts'), out, ...words],
  });
  return [
    {
      name: `SpectralMamba, scene of ${side}² × 12 to its map, three networks`,
      ours: run(ours, process.execPath, ...program, '--scene', scene, '--out', ours),
      peer: run(theirs, python, peer, model, scene, theirs),
      must: 0.25,
      aim: 0.15,
      mostRounds: 3,
      warmups: 0,
      disagreement,
    },
  ];
}

function disagreement(ours: string, theirs: string): string | undefined {
  const share = Number(execFileSync(python, [peer, 'equal', ours, theirs], { encoding: 'utf8' }));
  return share >= leastEqual
    ? undefined
    : `only ${(100 * share).toFixed(3)} % of the pixels are equal`;
}
