import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../app/error.ts';
import { createRandom } from '../../app/random.ts';
import { createCogWriter } from '../raster/cog/writeCog.ts';
import { runInChild } from '../workers/host.ts';
import { createServices } from './createServices.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-full-'));
const path = (name: string): string => join(folder, name);
const services = createServices({ runTask: runInChild });

const [width, height] = [2048, 512];
const system = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
const small = path('small');
mkdirSync(small);
const mount = (bytes: number, ...more: readonly string[]): boolean =>
  system('mount', '-t', 'tmpfs', '-o', [`size=${bytes}`, ...more].join(), 'none', small);
const hasTmpfs = process.getuid?.() === 0 && mount(2 ** 20) && system('umount', small);

beforeAll(async () => {
  const grid = { width, height, crs: 'EPSG:32633', transform: [0, 1, 0, 512, 0, -1] as const };
  const writer = await createCogWriter(path('scene.tif'), {
    grid,
    bands: ['a', 'b'].map((name) => ({ name, type: 'uint8' as const, nodata: 0 })),
    overviews: 'none',
  });
  const random = createRandom(3, 'noise');
  // nodata but for a strip of each tile: the scratch file holds as much, and the test does not wait for the forest
  const noise = (): Uint8Array =>
    Uint8Array.from({ length: width * height }, (_, i) =>
      i % 512 < 40 ? 1 + (i % width < 1024 ? 0 : 60) + random.integer(190) : 0,
    );
  await writer.write({ window: { x: 0, y: 0, width, height }, bands: [noise(), noise()] });
  await writer.finish();
  const square = (x: number, name: string) => ({
    type: 'Feature',
    properties: { class: name },
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [x, 10],
          [x + 40, 10],
          [x + 40, 50],
          [x, 50],
          [x, 10],
        ],
      ],
    },
  });
  writeFileSync(
    path('rois.geojson'),
    JSON.stringify({
      type: 'FeatureCollection',
      crs: { type: 'name', properties: { name: 'EPSG:32633' } },
      features: [square(0, 'left'), square(1024, 'right')],
    }),
  );
  await services.call('train', {
    scene: [path('scene.tif')],
    rois: path('rois.geojson'),
    model: 'forest',
    split: 'random',
    out: path('model'),
  });
});
afterAll(() => {
  system('umount', small);
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!hasTmpfs)(
  'a map that filled the disk goes on when the space it asked for was made (skipped: tmpfs cannot be mounted)',
  async () => {
    const mapping = { model: path('model'), scene: path('scene.tif') };
    await services.call('predict', {
      ...mapping,
      out: path('map.tif'),
      score: path('score.tif'),
    });
    const room = 2 * 2 ** 20; // enough for one of the four tiles
    expect(mount(room)).toBe(true);
    const there = { ...mapping, out: join(small, 'map.tif'), score: join(small, 'score.tif') };
    const error = await services.call('predict', there).then(
      () => undefined,
      (reason: unknown) => reason as AppError,
    );
    expect(error).toBeInstanceOf(AppError);
    expect(error?.code).toBe('disk-full');
    const advice =
      /What was finished \([2-8]\d %\) is kept\. Free about (\d+) MB there and run again with --resume\./;
    expect(error?.message).toMatch(advice);
    const megabytes = Number(advice.exec(error!.message)![1]);
    const names = readdirSync(small);
    expect(names.filter((name) => name.endsWith('.tif'))).toEqual([]);
    expect(names.filter((name) => name.endsWith('.spool'))).toHaveLength(2);
    expect(mount(room + megabytes * 1e6, 'remount')).toBe(true);
    const { tiles } = await services.call('predict', { ...there, resume: true });
    expect(tiles).toBe(16);
    for (const name of ['map.tif', 'score.tif'])
      expect(readFileSync(join(small, name)).equals(readFileSync(path(name))), name).toBe(true);
    expect(readdirSync(small).filter((name) => name.includes('.part'))).toEqual([]);
  },
);
