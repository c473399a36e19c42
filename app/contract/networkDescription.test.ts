import { describe, expect, it } from 'vitest';
import { spectralMambaConfig } from '../model/spectralMamba.ts';
import { readNetworkDescription } from './networkDescription.ts';

describe('readNetworkDescription', () => {
  it('takes the names of the paper and ours', () => {
    const short = { C: 10, K: 3, patch: 3, R: 4, d: 8, N: 4, depth: 1, expand: 2, dconv: 4 };
    const long = { bands: 10, classes: 3, patch: 3, pieces: 4, width: 8, states: 4 } as const;
    const family = 'spectralmamba';
    const read = readNetworkDescription({ family, ...short, dt_rank: 1, ln_eps: 1e-5 }, 'a.json');
    expect(read).toEqual(spectralMambaConfig(long));
    expect(readNetworkDescription({ family, ...long }, 'b.json')).toEqual(read);
  });

  it.each([
    [{ family: 'other' }, /family/],
    [{ family: 'spectralmamba', bands: 10 }, /classes is missing/],
    [{ family: 'spectralmamba', bands: 10, classes: 2, colour: 1 }, /colour/],
    [{ family: 'spectralmamba', bands: 3, classes: 2, R: 4 }, /more pieces than bands/],
    [[], /expected object/],
  ])('refuses %j', (json, message) => {
    expect(() => readNetworkDescription(json, 'net.json')).toThrow(message);
  });
});
