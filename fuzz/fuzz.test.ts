import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findLine, runCampaign } from './campaign.ts';
import { workFolder } from './folder.ts';
import { targets } from './targets.ts';

const seed = 20261123;
let root = '';
beforeAll(() => {
  root = workFolder();
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('hostile inputs, a short run; npm run fuzz has the long one', () => {
  for (const target of targets) {
    const why = target.missing?.();
    const name = `${target.name}${why === undefined ? '' : ` (skipped: ${why})`}`;
    it.skipIf(why !== undefined)(name, async () => {
      const count = target.counts.short;
      const onFind = (): void => undefined;
      const campaign = await runCampaign(target, { seed, first: 0, count, root, onFind });
      // What only happens in company is memory that was not collected yet.
      expect(campaign.finds.filter(({ repeated }) => repeated).map(findLine)).toEqual([]);
      expect(campaign.cases).toBe(count);
      if (target.name === 'corpus') return;
      // Both outcomes happen, or nothing is attacked.
      const refused = Object.values(campaign.refused).reduce((sum, times) => sum + times, 0);
      expect(campaign.read).toBeGreaterThan(count / 100);
      expect(refused).toBeGreaterThan(count / 100);
      const { compared = 0, refused: reasons = {} } = campaign.verdicts ?? {};
      const refusedByGdal = Object.values(reasons).reduce((sum, times) => sum + times, 0);
      expect(refusedByGdal).toBeLessThanOrEqual(Math.max(2, 0.005 * compared));
    });
  }
});
