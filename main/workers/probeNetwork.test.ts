import { describe, expect, it } from 'vitest';
import { prismapSpectralGpt } from '../../app/model/spectralGpt/configuration.ts';
import { extrapolated, parametersOf } from './probeNetwork.ts';

type Blocks = Parameters<Parameters<typeof extrapolated>[1]>[0];

/** A network whose blocks cost the same each: 3 a frozen one, 10 one that learns, beside the rest of it. */
const timed = ({ frozen, learning }: Blocks) => ({
  costs: {
    read: 1,
    learn: 7 + 3 * frozen + 10 * learning,
    step: 2 + learning,
    score: 4 + 2 * (frozen + learning),
  },
  tiles: 1,
});

describe('the time of a deep network from that of a shallow one', () => {
  it.each([
    { frozen: 0, learning: 12 },
    { frozen: 24, learning: 0 },
    { frozen: 9, learning: 3 },
    { frozen: 11, learning: 1 },
  ])('is what it takes itself, $frozen blocks frozen and $learning learning', async (wanted) => {
    const asked: Blocks[] = [];
    const { costs, blocks } = await extrapolated(wanted, async (some) => {
      asked.push(some);
      return timed(some);
    });
    expect(costs).toEqual(timed(wanted).costs);
    expect(Math.max(...asked.map(({ frozen, learning }) => frozen + learning))).toBe(blocks);
    expect(blocks).toBeLessThanOrEqual(3);
  });

  it('never gets less with more blocks, whatever was measured', async () => {
    const costs = [10, 8];
    const found = await extrapolated({ frozen: 0, learning: 12 }, async () => {
      const one = costs.shift()!;
      return { costs: { read: 0, learn: one, step: one, score: one }, tiles: 1 };
    });
    expect(found.costs.learn).toBe(10);
  });
});

it('counts the numbers of a network as the paper does, and those of them that learn', () => {
  const config = prismapSpectralGpt({ task: 'scene', classes: 10 });
  const all = parametersOf(config);
  expect(all / 1e6).toBeCloseTo(86, -1);
  expect(parametersOf(config, { kind: 'all' })).toBe(all);
  // The head, the last norm, and one of twelve blocks.
  const [head, last] = (['head', 'last'] as const).map((kind) =>
    parametersOf(config, kind === 'last' ? { kind, blocks: 1 } : { kind }),
  );
  expect(last! - head!).toBe(12 * 768 ** 2 + 13 * 768);
});
