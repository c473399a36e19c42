import { expect, test } from 'vitest';
import { outputPath } from './outputPath.ts';

test.each([
  ['/home/ada/maps', 'Map.tif', '/home/ada/maps/Map.tif'],
  ['C:\\maps', 'Map.tif', 'C:\\maps\\Map.tif'],
  ['/maps', '../secret.tif', '/maps/..-secret.tif'],
  ['/maps', 'a: b/c?.tif', '/maps/a- b-c-.tif'],
  ['/maps', '/elsewhere/Map.tif', '/elsewhere/Map.tif'],
  ['C:\\maps', 'D:\\Map.tif', 'D:\\Map.tif'],
])('in %s, %s is %s', (folder, name, path) => {
  expect(outputPath(folder, name)).toBe(path);
});
