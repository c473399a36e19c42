import { describe, expect, it } from 'vitest';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import { indexValue } from './indexValue.ts';

const info = { bands: ['B04', 'B08'].map((name) => ({ name })) as SceneInfo['bands'] };

describe('band arithmetic under the pointer', () => {
  it('is that of the values there', () => {
    expect(indexValue('(B8 - B4) / (B8 + B4)', info, [0.1, 0.3])).toBeCloseTo(0.5, 12);
    expect(indexValue('log10(b2)', info, [null, 100])).toBe(2);
  });
  it('is none where a band has no data, a logarithm no value or a divisor is 0', () => {
    expect(indexValue('b1 + b2', info, [null, 1])).toBeNull();
    expect(indexValue('log(b1)', info, [-1, 1])).toBeNull();
    expect(indexValue('b1 / b2', info, [1, 0])).toBeNull();
  });
});
