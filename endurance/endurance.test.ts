import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { deaths, dieAgain } from './deaths.ts';
import { canWatchDisk } from './disk.ts';
import { failEach } from './faults.ts';
import { killAtRandom } from './kills.ts';
import { cutPower } from './power.ts';
import type { Work } from './work.ts';
import { works } from './works.ts';

// A short run; the whole one is `npm run endure`.
const folder = mkdtempSync(join(tmpdir(), 'prismap-endurance-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const seed = 5;
const named = (name: string): Work => works.find((work) => work.name === name)!;

test.each(works)('$name is killed, and nothing is torn or lost', async (work) => {
  const report = await killAtRandom(work, { folder: join(folder, work.name), kills: 3, seed });
  expect(report.faults).toEqual([]);
  expect(report.tried).toBe(3);
});

test.each(deaths)('a process that ends by %s fails its task alone', async (kind) => {
  const report = await dieAgain({ kind, times: 2 });
  expect({ ...report, seconds: 0 }).toEqual({
    work: kind,
    tried: 2,
    finished: 2,
    faults: [],
    seconds: 0,
  });
});

describe.skipIf(!canWatchDisk)('disks (skipped: they need Linux and a C compiler)', () => {
  test.each(['raster', 'project'])(
    '%s whose files fail says which, keeps what is whole, and goes on afterwards',
    async (name) => {
      const options = { folder: join(folder, `${name}-faults`), faults: 8, seed };
      const report = await failEach(named(name), options);
      expect(report.faults).toEqual([]);
      expect(report.tried).toBe(8);
    },
  );

  test.each(['raster', 'project', 'import'])('%s outlives a loss of power', async (name) => {
    const options = { folder: join(folder, `${name}-power`), states: 6, seed };
    const report = await cutPower(named(name), options);
    expect(report.faults).toEqual([]);
    expect(report.tried).toBe(6);
  });
});

test('an interruption that tears a file or loses an edit is found', async () => {
  // the same work with a reader that is given another truth
  const project = named('project');
  const forgetful: Work = {
    ...project,
    faults: (place) => project.faults(place, 'done 99999\n', {}),
  };
  const options = { folder: join(folder, 'forgetful'), kills: 8, seed };
  expect((await killAtRandom(forgetful, options)).faults.join('\n')).toContain('is lost');
  const raster = named('raster');
  const torn: Work = {
    ...raster,
    results: (place) => ({ ...raster.results(place), once: String(Math.random()) }),
  };
  const report = await killAtRandom(torn, { folder: join(folder, 'torn'), kills: 12, seed });
  expect(report.finished).toBeGreaterThan(0);
  expect(report.faults.join('\n')).toContain('not those of an undisturbed run: once');
});
