import { expect, test } from 'vitest';
import { placeInScene } from './sceneChoice.ts';

const scene = {
  uri: 'S2A_MSIL1C_20170216T102101.tif',
  metadata: {},
  // 1000 × 1000 pixels of 10 m; by PROJ from 12.0658 E 52.3138 N to 12.2180 E 52.2276 N
  grid: {
    width: 1000,
    height: 1000,
    crs: 'EPSG:32633',
    transform: [300_000, 10, 0, 5_800_000, 0, -10],
  },
} as const;

test('a scene taken outside the dates is left out, with its date', () => {
  expect(placeInScene(scene, { dates: ['2017-01-01', '2017-02-15'] })).toMatch('2017-02-16');
  expect(placeInScene(scene, { dates: ['2017-02-16', '2017-02-16'] })).toMatchObject({ factor: 1 });
  expect(placeInScene({ ...scene, uri: 'x.tif' }, { dates: ['2017-01-01', '2018-01-01'] })).toMatch(
    'when it was taken',
  );
});

test('a region is the window that holds it', () => {
  // corners by PROJ: 302 134.6 to 305 632.9 east, 5 794 895.5 to 5 797 254.8 north
  expect(placeInScene(scene, { region: [12.1, 52.27, 12.15, 52.29] })).toEqual({
    within: { x: 213, y: 274, width: 351, height: 237 },
    factor: 1,
  });
  expect(placeInScene(scene, { region: [0, 0, 1, 1] })).toMatch('region');
});

test('a coarser resolution takes so many pixels for one', () => {
  const place = placeInScene(scene, { resolution: 20 }) as { factor: number };
  expect(place.factor).toBeCloseTo(2, 2);
  expect(placeInScene({ ...scene, grid: { width: 9, height: 9 } }, { resolution: 20 })).toMatch(
    'size of its pixels',
  );
});
