import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Answer, hasReferee, startReader, startReferee } from './testing/childReader.ts';
import { mutate } from './testing/mutate.ts';
import { seeds } from './testing/seeds.ts';

/** Mutants of one run; 50,000 make the full one: PRISMAP_MUTANTS=50000 npx vitest run mutants. */
const mutants = Number(process.env['PRISMAP_MUTANTS'] ?? 3000);
const firstSeed = Number(process.env['PRISMAP_MUTANT_SEED'] ?? 1);
/** Every so many mutants that we read are compared with rasterio. */
const compareEvery = mutants > 3000 ? 10 : 4;

const folder = mkdtempSync(join(tmpdir(), 'prismap-mutants-'));
const originals = seeds();

afterAll(() => rmSync(folder, { recursive: true }));

const same = (a: Answer, b: Answer): boolean =>
  a.width === b.width &&
  a.height === b.height &&
  a.type === b.type &&
  String(a.digests) === String(b.digests);

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
    reader.stop();
    referee.stop();
  });
});

/** What became of the mutants. */
class Tally {
  readonly count = { read: 0, refused: 0, compared: 0, refusedByGdal: 0, slow: 0 };
  readonly wrong: string[] = [];

  /** Takes our answer; true where it is to be compared. */
  take(name: string, ours: Answer | undefined): ours is Answer {
    if (ours === undefined || ours.error?.code === 'internal') {
      this.wrong.push(`${name}: ${ours?.error?.message ?? 'hung or died'}`);
      return false;
    }
    if (ours.milliseconds! > 2000) this.count.slow++;
    this.count[ours.error === undefined ? 'read' : 'refused']++;
    return ours.error === undefined && this.count.read % compareEvery === 0;
  }

  compare(name: string, ours: Answer, theirs: Answer | undefined): void {
    this.count.compared++;
    if (theirs === undefined || theirs.error !== undefined) {
      this.count.refusedByGdal++;
      console.info(`GDAL refuses ${name}: ${theirs?.error?.message}`);
    } else if (!same(ours, theirs)) this.wrong.push(`${name}: other pixels than GDAL`);
  }
}

describe('damaged files', () => {
  it(`${mutants} mutants from seed ${firstSeed} are read or refused, within 256 MB`, {
    timeout: mutants * 60 + 60_000,
  }, async () => {
    const reader = startReader({ seconds: 10, megabytes: 256 });
    const referee = hasReferee ? startReferee() : undefined;
    const tally = new Tally();
    const path = join(folder, 'mutant.tif');
    for (let i = firstSeed; i < firstSeed + mutants; i++) {
      const original = originals[i % originals.length]!;
      const name = `mutant ${i} of ${original.name}`;
      writeFileSync(path, mutate(original.bytes, i));
      const ours = await reader.ask(path);
      if (!tally.take(name, ours) || referee === undefined) continue;
      tally.compare(name, ours, await referee.ask(path));
    }
    reader.stop();
    referee?.stop();
    const { count, wrong } = tally;
    console.info(
      `mutants: ${JSON.stringify(count)}, hangs ${reader.hangs}, deaths ${reader.deaths}`,
    );
    expect(wrong).toEqual([]);
    expect(count.read).toBeGreaterThan(mutants / 10);
    // What is left are fields that we have no use for (SMinSampleValue and the like) and libtiff checks all the same.
    expect(count.refusedByGdal).toBeLessThanOrEqual(Math.max(2, 0.005 * count.compared));
  });
});
