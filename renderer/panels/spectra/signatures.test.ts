import { expect, test } from 'vitest';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { bandAxis, spreadPoints } from './signatures.ts';

const scene = (bands: readonly Partial<SceneInfo['bands'][number]>[]): SceneInfo =>
  ({ bands }) as unknown as SceneInfo;

const figures = {
  mean: [0.3, 0.1, 0.2, null],
  std: [0.03, 0.01, 0.02, null],
  min: [0.2, 0.05, 0.1, null],
  max: [0.4, 0.2, 0.3, null],
};

const sorted = scene([
  { wavelengthNm: 842 },
  { wavelengthNm: 490 },
  { wavelengthNm: 665, bad: true },
  { wavelengthNm: 1610 },
]);

test('a signature runs by wavelength; bad bands and bands without a value are gaps', () => {
  const points = spreadPoints(sorted, figures, 'extremes');
  expect(points).toEqual([
    { x: 490, y: 0.1, low: 0.05, high: 0.2 },
    { x: 665, y: null, low: null, high: null },
    { x: 842, y: 0.3, low: 0.2, high: 0.4 },
    { x: 1610, y: null, low: null, high: null },
  ]);
});

test('the spread is one deviation to each side', () => {
  const [blue] = spreadPoints(sorted, figures, 'sigma');
  expect(blue?.low).toBeCloseTo(0.09, 12);
  expect(blue?.high).toBeCloseTo(0.11, 12);
});

test('one band without a wavelength puts all on band numbers', () => {
  const info = scene([{ wavelengthNm: 842 }, {}, { wavelengthNm: 665 }]);
  expect(spreadPoints(info, figures, 'none').map(({ x }) => x)).toEqual([1, 2, 3]);
  expect(bandAxis(info)).toEqual({ label: 'Band number', whole: true });
});
