import { expect, test } from 'vitest';
import { acquisitionDate } from './acquisitionDate.ts';

test.each([
  ['S2A_MSIL1C_20170216T102101_N0204_R065_T33UUU_20170216T102204.SAFE', '2017-02-16'],
  ['/scenes/LC08_L1TP_193024_20200508_20200820_02_T1_B4.TIF', '2020-05-08'],
  ['T33UUU_20170216T102101_B02.jp2', '2017-02-16'],
  ['scene-2019-07-01.tif', '2019-07-01'],
  ['/2018-01-01/scene.tif', undefined],
  ['scene_123456789012.tif', undefined],
  ['scene_20191301.tif', undefined],
])('%s was taken on %s', (uri, day) => {
  expect(acquisitionDate({ uri, metadata: {} })).toBe(day);
});

test('what the metadata say goes before the name', () => {
  const uri = 'S2A_MSIL1C_20170216T102101.tif';
  expect(acquisitionDate({ uri, metadata: { sensed: '2017-02-17T10:21:01.026Z' } })).toBe(
    '2017-02-17',
  );
});
