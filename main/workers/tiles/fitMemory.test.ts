import { expect, test } from 'vitest';
import { fineTuningPlans } from '../../../app/learn/fineTuning.ts';
import { prismapSpectralGpt } from '../../../app/model/spectralGpt/configuration.ts';
import { fitMemory, whileMemoryLasts } from './fitMemory.ts';

const gibibyte = 2 ** 30;
const config = prismapSpectralGpt({ task: 'scene', classes: 10 });
const plan = { ...fineTuningPlans.eurosat, batch: 32, part: 8 };

/** The plan for Base at 128² on a machine of so many GiB, and what was said. */
function fitted(memory: number): { part: number; again: boolean; said: string } {
  const said: string[] = [];
  const machine = { memory: memory * gibibyte, fused: ['attention'] };
  const { part, recomputeBlocks } = fitMemory(plan, config, machine, (one) => said.push(one));
  return { part, again: recomputeBlocks === true, said: said.join(' ') };
}

test('parts are halved until they fit, then blocks run again, and each is said', () => {
  expect(fitted(64)).toEqual({ part: 8, again: false, said: '' });
  expect(fitted(10)).toMatchObject({ part: 4, again: false });
  expect(fitted(8)).toMatchObject({ part: 2, again: false });
  expect(fitted(8).said).toMatch(/2 at a time; a step still takes 32/);
  expect(fitted(6)).toMatchObject({ again: true });
  expect(fitted(6).said).toContain('Blocks are run again');
  expect(fitted(3)).toMatchObject({ part: 1, again: true });
  expect(fitted(3).said).toContain('smaller preset');
});

test('an engine that runs out of memory is asked for half, anything else is passed on', async () => {
  const parts: number[] = [];
  const said: string[] = [];
  const result = await whileMemoryLasts(
    plan,
    (one) => said.push(one),
    async ({ part }) => {
      parts.push(part);
      if (part > 2) throw new Error('OOM when allocating tensor with shape[8,12,1024,1024]');
      return 'done';
    },
  );
  expect(result).toBe('done');
  expect(parts).toEqual([8, 4, 2]);
  expect(said).toHaveLength(2);
  const broken = whileMemoryLasts(
    plan,
    () => undefined,
    async () => {
      throw new Error('the loss became NaN');
    },
  );
  await expect(broken).rejects.toThrow('NaN');
});
