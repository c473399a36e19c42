import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, realpath, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Output } from '../../../app/contract/api.ts';
import type { DeskArguments, DeskOutput } from '../../../app/contract/deskApi.ts';
import type { Edit, LayerRow, RowChange } from '../../../app/project/rows.ts';
import { syncFolder } from '../../atomicFile.ts';
import type { DeskDependencies } from './deskDependencies.ts';

type Kind = DeskArguments<'project.sample'>['kind'];

const titles: Readonly<Record<Kind, string>> = {
  hyperspectral: 'Sample scene (hyperspectral)',
  sentinel2: 'Sample scene (Sentinel-2)',
  pair: 'Sample scene (first date)',
};

/** Makes the sample scene, where it is not there from before, and the edit that puts it with its ROIs into an empty project. */
export async function createSampleProject(
  kind: Kind,
  { runTask, dataFolder }: DeskDependencies,
  signal: AbortSignal,
): Promise<Edit> {
  const files = await sampleFiles(kind, dataFolder, (dir) =>
    runTask({ task: 'sample', input: { dir, kind, seed: 0 }, signal }),
  );
  const { crs } = (await runTask({
    task: 'info',
    input: { scene: files.scene, stats: false, sample: [] },
    signal,
  })) as Output<'info'>;
  const rois = (await runTask({
    task: 'import rois',
    input: { path: files.rois, ...(crs === undefined ? {} : { crs }) },
    signal,
  })) as DeskOutput<'rois.import'>;
  return {
    label: 'Open sample',
    changes: [
      ...(crs === undefined
        ? []
        : [{ table: 'settings' as const, id: 'crs', after: { id: 'crs', value: crs } }]),
      ...layersOf(kind, files),
      ...roisOf(rois),
    ],
  };
}

type SampleFiles = { readonly scene: string; readonly rois: string; readonly second?: string };

/** Made in a folder beside and renamed, so that a scene that was interrupted is never taken for a whole one. */
async function sampleFiles(
  kind: Kind,
  dataFolder: string,
  make: (folder: string) => Promise<unknown>,
): Promise<SampleFiles> {
  const samples = join(dataFolder, 'samples');
  await mkdir(samples, { recursive: true });
  const folder = join(await realpath(samples), kind);
  if (!existsSync(folder)) {
    const begun = `${folder}.part-${randomUUID().slice(0, 8)}`;
    try {
      await make(begun);
      // another window may have made the same scene in the meantime
      if (!existsSync(folder)) await rename(begun, folder);
      await syncFolder(samples);
    } finally {
      await rm(begun, { recursive: true, force: true });
    }
  }
  const names = await readdir(folder);
  return {
    scene: join(folder, 'scene.tif'),
    rois: join(folder, 'rois.geojson'),
    ...(names.includes('scene-2.tif') ? { second: join(folder, 'scene-2.tif') } : {}),
  };
}

function layersOf(kind: Kind, { scene, second }: SampleFiles): RowChange[] {
  const common = { visible: true, opacity: 1 };
  const layers: Omit<LayerRow, 'id' | 'order'>[] = [
    { ...common, kind: 'scene', name: titles[kind], uri: scene },
    ...(second === undefined
      ? []
      : [
          {
            ...common,
            kind: 'scene' as const,
            name: 'Sample scene (second date)',
            uri: second,
            visible: false,
          },
        ]),
    { ...common, kind: 'rois', name: 'ROIs' },
  ];
  return layers.map((layer, order) => {
    const id = randomUUID();
    return { table: 'layers', id, after: { ...layer, id, order } };
  });
}

/** Classes in the order of their values, and their ROIs. */
function roisOf({ classes, rois }: DeskOutput<'rois.import'>): RowChange[] {
  const ids = new Map(classes.map(({ value }) => [value, randomUUID() as string]));
  return [
    ...classes.map(
      (landClass, order): RowChange => ({
        table: 'classes',
        id: ids.get(landClass.value)!,
        after: { ...landClass, id: ids.get(landClass.value)!, order, visible: true },
      }),
    ),
    ...rois.map(({ classValue, geometry }): RowChange => {
      const id = randomUUID();
      return { table: 'rois', id, after: { id, classId: ids.get(classValue)!, geometry } };
    }),
  ];
}
