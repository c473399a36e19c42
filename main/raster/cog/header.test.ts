import { expect, test } from 'vitest';
import { cogHeader } from './header.ts';
import { planCog } from './plan.ts';

const plan = planCog({
  grid: { width: 1000, height: 500 },
  bands: [{ name: '', type: 'uint8' }],
  overviews: 'none',
});
const header = (sizes: readonly number[]): DataView => {
  const bytes = cogHeader(plan, { geoKeys: [], metadata: undefined, tileBytes: [sizes] });
  return new DataView(bytes.buffer);
};

/** The tile offsets of the first directory, by a walk of our own. */
function offsets(view: DataView, count: number): number[] {
  const big = view.getUint16(2, true) === 43;
  const number = (at: number): number =>
    big ? Number(view.getBigUint64(at, true)) : view.getUint32(at, true);
  const directory = number(big ? 8 : 4);
  const fields = big ? number(directory) : view.getUint16(directory, true);
  for (let i = 0; i < fields; i++) {
    const at = directory + (big ? 8 + 20 * i : 2 + 12 * i);
    if (view.getUint16(at, true) !== 324) continue;
    const place = number(at + (big ? 12 : 8));
    return Array.from({ length: count }, (_, k) => number(place + k * (big ? 8 : 4)));
  }
  return [];
}

test('a file becomes a BigTIFF when it passes 4 GiB, and not before', () => {
  const fits = header([2 ** 31, 2 ** 31 - 2000]);
  expect(fits.getUint16(2, true)).toBe(42);
  expect(offsets(fits, 2)).toEqual([fits.byteLength + 4, fits.byteLength + 12 + 2 ** 31]);
  const passes = header([2 ** 31, 2 ** 31]);
  expect(passes.getUint16(2, true)).toBe(43);
  expect(offsets(passes, 2)).toEqual([passes.byteLength + 4, passes.byteLength + 12 + 2 ** 31]);
});
