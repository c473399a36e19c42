import { expect, test } from 'vitest';
import { matchBands } from './bandContract.ts';
import type { Band } from './scene.ts';

const band = (name: string, wavelengthNm?: number, rest: Partial<Band> = {}): Band => ({
  name,
  type: 'uint16',
  scale: 1,
  offset: 0,
  ...(wavelengthNm === undefined ? {} : { wavelengthNm }),
  ...rest,
});

test('the same bands in another order are found by name', () => {
  const match = matchBands(
    [band('B04', 665), band('B02', 490)],
    [band('B02', 490), band('B03', 560), band('B04', 665)],
  );
  expect(match).toEqual({ level: 'green', indices: [2, 0], findings: [] });
});

test('a hyperspectral subset is found by wavelength', () => {
  const match = matchBands(
    [band('x', 500), band('y', 605)],
    [band('Band 1', 501), band('Band 2', 550), band('Band 3', 600)],
  );
  expect(match.level).toBe('amber');
  expect(match.indices).toEqual([0, 2]);
});

test('a name is not believed where the wavelength contradicts it', () => {
  expect(matchBands([band('B05', 705)], [band('B05', 850)]).level).toBe('red');
});

test('other bands are red and say what was needed', () => {
  const match = matchBands(
    [band('B04', 665), band('B8A', 865)],
    [band('red'), band('green'), band('blue')],
  );
  expect(match.level).toBe('red');
  expect(match.indices).toBeUndefined();
  expect(match.findings[0]).toContain('B8A (865 nm)');
});

test('nameless bands go by order, and say so', () => {
  const match = matchBands([band('Band 1'), band('Band 2')], [band('1'), band('2')]);
  expect(match).toMatchObject({ level: 'amber', indices: [0, 1] });
});

test('a dropped band is never guessed by index', () => {
  const wanted = ['Band 1', 'Band 2', 'Band 3'].map((name) => band(name));
  expect(matchBands(wanted, [...wanted, band('Band 4')]).level).toBe('red');
});

test('numbered bands are believed in a scene of as many bands as the training scene', () => {
  const scene = ['Band 1', 'Band 2', 'Band 3', 'Band 4'].map((name) => band(name));
  expect(matchBands([band('Band 1'), band('Band 4')], scene, 4)).toMatchObject({
    level: 'green',
    indices: [0, 3],
  });
  expect(matchBands([band('Band 1'), band('Band 4')], scene, 5).level).toBe('red');
});

test('another scaling is told', () => {
  const match = matchBands([band('B04', 665, { scale: 0.0001 })], [band('B04', 665)]);
  expect(match.level).toBe('amber');
  expect(match.findings[0]).toContain('scale 1');
});
