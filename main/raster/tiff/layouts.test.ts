import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openTiff } from './openTiff.ts';
import { hasReferee, skipped, startReferee } from './testing/childReader.ts';
import { richSeeds } from './testing/richSeeds.ts';
import { seeds } from './testing/seeds.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-layouts-'));
const originals = seeds();

afterAll(() => rmSync(folder, { recursive: true }));

/** What we say about a whole file, in the words of the referee. */
async function facts(path: string) {
  const scene = await openTiff(path);
  const { grid, bands } = scene.description;
  const { width, height } = grid;
  const block = await scene.read({ window: { x: 0, y: 0, width, height } });
  await scene.close();
  return {
    type: bands[0]!.type,
    crs: grid.crs,
    transform: grid.transform,
    digests: block.bands.map((samples) => createHash('md5').update(samples).digest('hex')),
  };
}

describe('files of every layout', () => {
  it.skipIf(!hasReferee)(`are read as rasterio reads them${skipped}`, async () => {
    const referee = startReferee();
    expect(originals.length).toBeGreaterThanOrEqual(24);
    for (const { name, bytes } of originals) {
      const path = join(folder, `${name}.tif`);
      writeFileSync(path, bytes);
      const [ours, theirs] = await Promise.all([facts(path), referee.ask(path)]);
      expect(ours.digests, name).toEqual(theirs!.digests);
      expect(ours.transform, name).toEqual(theirs!.transform);
      expect(ours.crs, name).toBe('EPSG:32633');
    }
    for (const { name, bytes } of richSeeds()) {
      const path = join(folder, 'rich.tif');
      writeFileSync(path, bytes);
      const [ours, theirs] = await Promise.all([facts(path), referee.ask(path)]);
      expect([name, ours.type, ours.digests]).toEqual([name, theirs!.type, theirs!.digests]);
    }
    referee.stop();
  });
});
