import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { prismap, prismapJson } from './prismap.ts';

test.describe.configure({ mode: 'serial' });

const folder = mkdtempSync(join(tmpdir(), 'prismap-journey-'));
const path = (name: string): string => join(folder, name);
const hash = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(path(name)))
    .digest('hex');
const training = [
  '--scene',
  path('scene/scene.tif'),
  '--rois',
  path('scene/rois.geojson'),
  '--preset',
  'paper',
  '--epochs',
  '12',
  '--seed',
  '3',
];

test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a sample scene is written and described', async () => {
  await prismapJson(['sample', path('scene'), '--size', '160']);
  const info = await prismapJson(['info', path('scene/scene.tif'), '--sample', '80', '80']);
  expect(info).toMatchObject({ format: 'COG', width: 160, height: 160, crs: 'EPSG:32633' });
  expect((info['samples'] as { values: number[] }[])[0]!.values).toHaveLength(120);
});

test('a model is trained, beside a random forest', async () => {
  const result = await prismapJson(['train', ...training, '--out', path('model')]);
  const validation = result['validation'] as { oa: number };
  expect(validation.oa).toBeGreaterThan(0.6);
  expect(result['baseline']).toMatchObject({ name: 'random forest' });
  const card = JSON.parse(readFileSync(path('model/model.json'), 'utf8')) as { title: string };
  expect(card.title).toContain('re-implementation');
});

test('a killed training run goes on to the same bytes', async () => {
  const killed = await prismap(
    ['train', ...training, '--out', path('again'), '--verbose'],
    (kill, errors) => {
      const timer = setInterval(() => {
        if (!/epoch [3-9]\/12/.test(errors())) return;
        clearInterval(timer);
        kill('SIGKILL');
      }, 20);
    },
  );
  expect(killed.code).toBeNull();
  expect(existsSync(path('again/model.json'))).toBe(false);
  await prismapJson(['train', ...training, '--out', path('again'), '--resume']);
  expect(hash('again/weights.safetensors')).toBe(hash('model/weights.safetensors'));
});

test('the scene is mapped, and a cancelled run goes on to the same bytes', async () => {
  const mapping = ['predict', '--model', path('model'), '--scene', path('scene/scene.tif')];
  const whole = await prismapJson([
    ...mapping,
    '--out',
    path('map.tif'),
    '--score',
    path('score.tif'),
    '--preview',
    path('map.png'),
    '--vector',
    path('map.gpkg'),
  ]);
  expect(
    (whole['areas'] as { pixels: number }[]).reduce((sum, area) => sum + area.pixels, 0) +
      (whole['nodataPixels'] as number),
  ).toBe(160 * 160);
  await prismap([...mapping, '--out', path('map-2.tif')], (kill) =>
    setTimeout(() => kill('SIGINT'), 1500),
  );
  await prismapJson([...mapping, '--out', path('map-2.tif'), '--resume']);
  expect(hash('map-2.tif')).toBe(hash('map.tif'));
  expect(readdirSync(folder).filter((name) => name.includes('.part'))).toEqual([]);
});

test('the map is measured, and the report is one an analyst can read', async ({ page }) => {
  const result = await prismapJson([
    'evaluate',
    '--map',
    path('map.tif'),
    '--reference',
    path('scene/reference.tif'),
    '--exclude',
    path('scene/rois.geojson'),
    '--report',
    path('report.html'),
    '--csv',
    path('confusion.csv'),
  ]);
  expect(result['oa'] as number).toBeGreaterThan(0.6);
  expect(readFileSync(path('confusion.csv'), 'utf8')).toContain('Water');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(path('report.html')).href);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('scene.tif');
  await expect(page.getByText('Re-implementation', { exact: true })).toBeVisible();
  await page.screenshot({ path: '.cache/journeys/report.png', fullPage: true });
  expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
  expect(requests.filter((url) => !/^(file|data):/.test(url))).toEqual([]);
});

test('wrong usage and bad input end with their codes', async () => {
  expect((await prismap(['trian'])).code).toBe(2);
  const missing = await prismap(['info', path('nothing.tif'), '--json']);
  expect(missing.code).toBe(1);
  expect(JSON.parse(missing.out)).toMatchObject({ error: { code: 'not-found' } });
});
