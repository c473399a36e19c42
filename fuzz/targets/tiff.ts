import { join } from 'node:path';
import { codecs } from '../../main/raster/tiff/codecs.ts';
import { mutate } from '../../main/raster/tiff/testing/mutate.ts';
import { richSeeds } from '../../main/raster/tiff/testing/richSeeds.ts';
import { seeds } from '../../main/raster/tiff/testing/seeds.ts';
import type { Attacked, HostileCase, Target } from '../target.ts';
import { sceneFacts } from './sceneFacts.ts';

const file = 'case.tif';
const driver = 'GTiff';

async function open(): Promise<Attacked> {
  // The decoders' own code is no file's fault: it is loaded before memory is measured.
  for (const codec of codecs.values()) await codec.prepare?.();
  const originals = [...seeds(), ...richSeeds()];
  const caseOf = (seed: string, bytes: Uint8Array): HostileCase => ({
    seed,
    files: { [file]: bytes },
  });
  return {
    wellFormed: originals.map(({ name, bytes }) => caseOf(name, bytes)),
    make: (random, index) => {
      const original = originals[index % originals.length]!;
      return caseOf(original.name, mutate(original.bytes, random));
    },
    read: (folder) => sceneFacts(join(folder, file)),
  };
}

/** TIFF, BigTIFF and COG: headers, directories, tables of blocks, compressed blocks. */
export const tiff: Target = {
  name: 'tiff',
  group: 'rasters',
  counts: { short: 1500, usual: 50_000, long: 1_000_000 },
  compared: { file, driver },
  open,
};
