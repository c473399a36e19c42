import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { prismap, prismapJson } from './prismap.ts';

test.describe.configure({ mode: 'serial' });

const folder = mkdtempSync(join(tmpdir(), 'prismap-batch-journey-'));
const path = (name: string): string => join(folder, name);
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = (out: string): string[] => [
  'batch',
  path('scenes'),
  '--recipe',
  path('landcover.yaml'),
  '--out',
  path(out),
];
const rasters = (out: string): [string, string][] =>
  readdirSync(path(out))
    .filter((name) => /\.(tif|gpkg|vrt|csv)$/.test(name))
    .toSorted()
    .map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(path(out), name)))
        .digest('hex'),
    ]);

test.beforeAll(async () => {
  mkdirSync(path('scenes'));
  for (const seed of [1, 2, 3]) {
    await prismapJson(['sample', path(`made-${seed}`), '--size', '96', '--seed', String(seed)]);
    copyFileSync(path(`made-${seed}/scene.tif`), path(`scenes/day-${seed}.tif`));
  }
  writeFileSync(
    path('scenes/spoilt.tif'),
    readFileSync(path('scenes/day-1.tif')).subarray(0, 9999),
  );
  await prismapJson([
    'train',
    ...['--scene', path('made-1/scene.tif'), '--rois', path('made-1/rois.geojson')],
    ...['--model', 'forest', '--split', 'random', '--out', path('model')],
  ]);
  writeFileSync(
    path('landcover.yaml'),
    'model: model\npostprocess: { majority: 3, minimumArea: 0.02 }\noutputs: { vector: "{name}.gpkg" }\n',
  );
});

test('a recipe over a folder: maps, failures with their reason, a report', async ({ page }) => {
  const result = await prismapJson(words('maps'));
  expect(result).toMatchObject({ done: 3, skipped: 0, waiting: 0 });
  expect(result['failed']).toMatchObject([{ scene: 'spoilt.tif', code: 'corrupt' }]);
  expect(typeof result['seconds']).toBe('number');
  await page.goto(pathToFileURL(result['report'] as string).href);
  await expect(page.getByRole('heading', { name: 'One scene failed' })).toBeVisible();
  await expect(page.getByRole('rowheader', { name: 'day-2.tif' })).toBeVisible();
  await page.screenshot({ path: '.cache/journeys/batch.png', fullPage: true });
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
});

test('Ctrl+C stops it with status 130, and the same words go on to the same bytes', async () => {
  const stopped = await prismap([...words('again'), '--json'], (kill, errors) => {
    const timer = setInterval(() => {
      if (!errors().includes('mapping scenes')) return;
      clearInterval(timer);
      kill('SIGINT');
    }, 10);
  });
  expect(stopped.code).toBe(130);
  const { error } = JSON.parse(stopped.out) as { error: { code: string; message: string } };
  expect(error.code).toBe('cancelled');
  expect(error.message).toContain('of 4 scenes are done');
  const { done, skipped } = await prismapJson(words('again'));
  expect(Number(done) + Number(skipped)).toBe(3);
  expect(Number(done)).toBeGreaterThan(0);
  expect(rasters('again')).toEqual(rasters('maps'));
});

test('a recipe that does not fit is refused with key, found and needed', async () => {
  writeFileSync(path('wrong.yaml'), 'model: model\npostprocess: { majority: 4 }\n');
  const wrong = await prismap(['batch', path('scenes'), '--recipe', path('wrong.yaml'), '--json']);
  expect(wrong.code).toBe(2);
  expect(wrong.out).toContain('\\"postprocess.majority\\" is 4; an odd number is needed');
});
