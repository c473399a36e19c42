import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasReferee, startReader, startReferee } from './testing/childReader.ts';
import { richSeeds } from './testing/richSeeds.ts';
import { seeds } from './testing/seeds.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-layouts-'));
const originals = seeds();

afterAll(() => rmSync(folder, { recursive: true }));

describe('files of every layout', () => {
  it.skipIf(!hasReferee)('are read as rasterio reads them', async () => {
    const reader = startReader({ seconds: 10, megabytes: 256 });
    const referee = startReferee();
    expect(originals.length).toBeGreaterThanOrEqual(24);
    for (const { name, bytes } of originals) {
      const path = join(folder, `${name}.tif`);
      writeFileSync(path, bytes);
      const [ours, theirs] = await Promise.all([reader.ask(path), referee.ask(path)]);
      expect(ours?.error, name).toBeUndefined();
      expect(ours!.digests, name).toEqual(theirs!.digests);
      expect(ours!.transform, name).toEqual(theirs!.transform);
      expect(ours!.crs, name).toBe('EPSG:32633');
    }
    for (const { name, bytes } of richSeeds()) {
      const path = join(folder, 'rich.tif');
      writeFileSync(path, bytes);
      const [ours, theirs] = await Promise.all([reader.ask(path), referee.ask(path)]);
      expect([name, ours!.type, ours!.digests]).toEqual([name, theirs!.type, theirs!.digests]);
    }
    reader.stop();
    referee.stop();
  });
});
