import { expect, test } from 'vitest';
import {
  type Described,
  distance,
  fixturesPresent,
  formulaIntegers,
  readFixture,
} from '../../main/engines/testing/spectralGptFixtures.ts';
import { createRandom } from '../random.ts';
import { BandMoments, scaleTile } from './tileScaling.ts';

test('moments of tiles are those of all pixels together', () => {
  const random = createRandom(1, 'moments');
  const tiles = [7, 1, 20].map((pixels) => ({
    values: Float32Array.from({ length: 2 * pixels }, () => 500 + 90 * random.normal()),
    valid: Uint8Array.from({ length: pixels }, () => (random.uniform() < 0.8 ? 1 : 0)),
  }));
  tiles.push({ values: new Float32Array(8).fill(1e9), valid: new Uint8Array(4) });
  const moments = new BandMoments(2);
  for (const { values, valid } of tiles) moments.add(values, valid);
  const scaling = moments.scaling();
  if (scaling.kind !== 'two-sigma') throw new Error(scaling.kind);
  for (const band of [0, 1]) {
    const all = tiles.flatMap(({ values, valid }) =>
      [...values.subarray(band * valid.length, (band + 1) * valid.length)].filter(
        (_, i) => valid[i] === 1,
      ),
    );
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
    expect(scaling.mean[band]).toBeCloseTo(mean, 6);
    expect(scaling.std[band]).toBeCloseTo(Math.sqrt(variance), 6);
  }
});

test('a band without a valid pixel is named; one that never varies keeps a spread of 1', () => {
  expect(() => new BandMoments(1).scaling()).toThrow('Band 1 has no valid pixel');
  const moments = new BandMoments(1);
  moments.add(Float32Array.of(3, 3), Uint8Array.of(1, 1));
  expect(moments.scaling()).toMatchObject({ mean: [3], std: [1] });
});

test('two-sigma: mean to a half, two deviations to the ends, invalid to 0', () => {
  const values = Float32Array.of(10, 8, 12, 14, 6, 0, 10);
  const valid = Uint8Array.of(1, 1, 1, 1, 1, 1, 0);
  scaleTile(values, valid, { kind: 'two-sigma', mean: [10], std: [1] });
  expect([...values]).toEqual([0.5, 0, 1, 1, 0, 0, 0]);
});

test('min-max: as NumPy has it, valid pixels alone', () => {
  const values = Float32Array.of(4, 2, 6, 99, 7, 7, 7, 7);
  scaleTile(values, Uint8Array.of(1, 1, 1, 0), { kind: 'min-max', epsilon: 0 });
  expect([...values.subarray(0, 4)]).toEqual([0.5, 0, 1, 0]);
  const constant = Float32Array.of(7, 7);
  scaleTile(constant, Uint8Array.of(1, 1), { kind: 'min-max', epsilon: 1e-10 });
  expect([...constant]).toEqual([0, 0]);
});

test.skipIf(!fixturesPresent)(
  'min-max of the released pre-training, by its figures (needs ../shared)',
  () => {
    type Fixture = readonly { readonly name: string; readonly out: Described }[];
    const { out } = readFixture<Fixture>('preprocess').find(
      ({ name }) => name === 'pretrain_minmax',
    )!;
    const raw = formulaIntegers('pp_fmow', 30 * 13, 4000);
    const kept = Array.from({ length: 13 }, (_, band) => band).filter((band) => band !== 10);
    const values = Float32Array.from({ length: 30 * 12 }, (_, i) => {
      const band = kept[Math.floor(i / 30)]!;
      return band === 4 ? 777 : raw[(i % 30) * 13 + band]!;
    });
    scaleTile(values, new Uint8Array(30).fill(1), { kind: 'min-max', epsilon: 1e-10 });
    expect(distance(values, out)).toBeLessThan(1e-7);
  },
);
