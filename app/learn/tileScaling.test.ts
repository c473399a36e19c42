import { expect, test } from 'vitest';
import {
  type Described,
  distance,
  fixturesPresent,
  formulaIntegers,
  readFixture,
} from '../../main/engines/testing/spectralGptFixtures.ts';
import { createRandom } from '../random.ts';
import { BandMoments, mixBands, scaleTile, unmixing } from './tileScaling.ts';

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

test('without a valid pixel there is no range; a band that never varies keeps a spread of 1', () => {
  const none = new BandMoments(1);
  none.add(Float32Array.of(3, 3), Uint8Array.of(0, 0));
  expect(() => none.scaling()).toThrow('no valid pixel');
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

test('whitened: as NumPy has it, in parts as in one piece; a band that never varies stays out', () => {
  const values = Float32Array.of(1, 2, 4, 3, 6, 5, 2, 3, 9, 5, 11, 9, 7, 1, 3, 8, 2, 4);
  // z = (X − X.mean(1)) / X.std(1), v, U = eigh(z zᵀ / 6), U diag(v ** −0.5) Uᵀ z
  const expected = [
    [-1.291482, -0.383308, -1.094512, 0.416685, 1.328233, 1.024384],
    [-0.53157, -1.397524, 1.755298, -0.575097, 0.564355, 0.184538],
    [0.826377, -1.594392, -0.359612, 1.525887, -0.544134, 0.145873],
  ].flat();
  const columns = (from: number, to: number): Float32Array =>
    Float32Array.from([0, 6, 12].flatMap((row) => [...values.subarray(row + from, row + to)]));
  const moments = new BandMoments(3, true);
  moments.add(columns(0, 2), new Uint8Array(2).fill(1));
  moments.add(columns(2, 6), new Uint8Array(4).fill(1));
  const scaled = values.slice();
  scaleTile(scaled, new Uint8Array(6).fill(1), moments.scaling('whitened'));
  for (const [i, value] of expected.entries()) expect(scaled[i]).toBeCloseTo(value, 5);

  mixBands(scaled, 6, unmixing(moments.scaling('whitened'))!);
  const apart = values.slice();
  scaleTile(apart, new Uint8Array(6).fill(1), moments.scaling('standard'));
  for (const [i, value] of apart.entries()) expect(scaled[i]).toBeCloseTo(value, 5);
  expect(unmixing(moments.scaling('standard'))).toBeUndefined();

  const still = new BandMoments(2, true);
  still.add(Float32Array.of(1, 3, 7, 7), Uint8Array.of(1, 1));
  expect(still.scaling('whitened')).toMatchObject({
    mixing: [
      [1, 0],
      [0, 1],
    ],
  });
});

test('a tile in other light is scaled as one whose values are so many times as large', () => {
  const values = Float32Array.of(120, 340, 560, 0.2, 0.4, 0.9);
  const valid = Uint8Array.of(1, 1, 0);
  for (const scaling of [
    { kind: 'standard', mean: [300, 0.5], std: [200, 0.3] },
    { kind: 'two-sigma', mean: [300, 0.5], std: [200, 0.3] },
    { kind: 'min-max', epsilon: 0 },
  ] as const) {
    const [lit, brighter] = [values.slice(), values.map((value) => 1.2 * value)];
    scaleTile(lit, valid, scaling, 1.2);
    scaleTile(brighter, valid, scaling);
    for (const [i, value] of brighter.entries()) expect(lit[i]).toBeCloseTo(value, 5);
  }
});
