import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { runInChild } from '../../workers/host.ts';
import { createServices } from '../createServices.ts';
import { writeRois, writeScene } from './testing/batchScenes.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-batch-full-'));
const path = (name: string): string => join(folder, name);
const services = createServices({ runTask: runInChild });
const small = path('small');
mkdirSync(small);
const system = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
const mount = (bytes: number, ...more: readonly string[]): boolean =>
  system('mount', '-t', 'tmpfs', '-o', [`size=${bytes}`, ...more].join(), 'none', small);
const hasTmpfs = process.getuid?.() === 0 && mount(2 ** 20) && system('umount', small);

beforeAll(async () => {
  for (const seed of [1, 2, 3])
    await writeScene(path(`scenes/s${seed}.tif`), { seed, width: 360, height: 260 });
  writeRois(path('rois.geojson'));
  writeFileSync(
    path('recipe.yaml'),
    'model: model\noutputs: { probabilities: "{name}-all.tif" }\n',
  );
  await services.call('train', {
    ...{ scene: [path('scenes/s1.tif')], rois: path('rois.geojson'), model: 'forest' },
    ...{ split: 'random', out: path('model') },
  });
});
afterAll(() => {
  system('umount', small);
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!hasTmpfs)(
  'a full disk stops the batch at its scene, and with room made it goes on to the same bytes (skipped: tmpfs cannot be mounted)',
  async () => {
    const words = { folder: path('scenes'), recipe: path('recipe.yaml') };
    await services.call('batch', { ...words, out: path('whole') });
    const maps = (out: string): string[] =>
      readdirSync(out).filter(
        (name) => /^s\d.*\.(tif|json|qml)$/.test(name) && !/\.tif\.json$/.test(name),
      );
    const bytes = maps(path('whole'))
      .filter((name) => name.startsWith('s1'))
      .reduce((sum, name) => sum + readFileSync(join(path('whole'), name)).length, 0);
    // for the queue, one scene and half of another
    const room = Math.ceil(2 ** 18 + 2.5 * bytes);
    expect(mount(room)).toBe(true);
    const error = await services.call('batch', { ...words, out: small }).then(
      () => undefined,
      (reason: unknown) => reason as AppError,
    );
    expect(error).toBeInstanceOf(AppError);
    expect(error?.code).toBe('disk-full');
    expect(error?.message).toMatch(/^s[123]\.tif: .*Free about \d+ MB there and run again\./);
    for (const name of maps(small))
      expect(readFileSync(join(small, name)).equals(readFileSync(join(path('whole'), name)))).toBe(
        true,
      );
    expect(maps(small).length).toBeLessThan(maps(path('whole')).length);
    expect(mount(16 * room, 'remount')).toBe(true);
    const { done, skipped, failed } = await services.call('batch', { ...words, out: small });
    expect([done + skipped, failed]).toEqual([3, []]);
    expect(done).toBeGreaterThan(0);
    expect(maps(small).toSorted()).toEqual(maps(path('whole')).toSorted());
    for (const name of maps(small).filter((one) => !one.endsWith('.stac.json')))
      expect(
        readFileSync(join(small, name)).equals(readFileSync(join(path('whole'), name))),
        name,
      ).toBe(true);
  },
);
