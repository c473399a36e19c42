import { join } from 'node:path';
import { hashesBelow, root, tornFiles, type Work } from '../work.ts';

const writer = join(root, 'main/raster/cog/testing/slowWriter.ts');
const files = /^map\.(tif|qml|tif\.aux\.xml)$/;

/** A class map is written window by window; under its name it is whole or not there. */
export const raster: Work = {
  name: 'raster',
  prepare: () => undefined,
  words: (_, folder) => [writer, join(folder, 'map.tif'), '500', '90', 'key', '3'],
  results: (folder) => hashesBelow(folder, files),
  faults: (folder, _, whole) => tornFiles(folder, /^map\.tif$/, whole),
};
