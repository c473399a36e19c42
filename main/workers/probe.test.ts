import { describe, expect, it } from 'vitest';
import { underLoad } from './probe.ts';

describe('the range of an estimate', () => {
  it('stays where nothing else runs', () => {
    expect(underLoad([10, 20], 0)).toEqual([10, 20]);
  });
  it('holds the run without the others, and beside as many as there are cores', () => {
    const [least, most] = underLoad([10, 20], 1);
    expect([least, most]).toEqual([5, 40]);
  });
  it('stays within minutes beside many others: what they do to the probe they do to the run', () => {
    expect(underLoad([60, 120], 5)).toEqual([10, 240]);
  });
  it('never narrows as the load grows', () => {
    let before = underLoad([3, 4], 0);
    for (const load of [0.1, 0.5, 2, 8]) {
      const now = underLoad([3, 4], load);
      expect(now[0]).toBeLessThan(before[0]);
      expect(now[1]).toBeGreaterThanOrEqual(before[1]);
      before = now;
    }
  });
});
