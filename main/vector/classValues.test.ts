import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readRois } from './readRois.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-values-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function classesOf(
  rows: readonly (readonly [name: string, value: unknown])[],
): Promise<readonly [number, string][]> {
  const path = join(folder, 'rois.geojson');
  const ring = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ];
  const features = rows.map(([name, value]) => ({
    type: 'Feature',
    properties: { class: name, value },
    geometry: { type: 'Polygon', coordinates: [ring] },
  }));
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  return (await readRois(path)).classes.map(({ value, name }) => [value, name]);
}

test('a value field numbers the classes', async () => {
  expect(
    await classesOf([
      ['Water', 1],
      ['Forest', 7],
      ['Water', 1],
      ['Asphalt', 3],
    ]),
  ).toEqual([
    [1, 'Water'],
    [3, 'Asphalt'],
    [7, 'Forest'],
  ]);
});

test.each([
  [
    'one class has two values',
    [
      ['Water', 1],
      ['Water', 2],
      ['Forest', 3],
    ],
  ],
  [
    'two classes share a value',
    [
      ['Water', 1],
      ['Forest', 1],
    ],
  ],
  [
    'a value is no class number',
    [
      ['Water', 0],
      ['Forest', 2.5],
    ],
  ],
  [
    'a value is missing',
    [
      ['Water', null],
      ['Forest', 2],
    ],
  ],
] as const)('names number the classes where %s', async (_, rows) => {
  expect((await classesOf(rows)).map(([value]) => value)).toEqual([1, 2]);
  expect((await classesOf(rows)).map(([, name]) => name)).toEqual(['Forest', 'Water']);
});
