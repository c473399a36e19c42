import { expect, it } from 'vitest';
import { fillOf } from './fill.ts';

// What GDAL puts into blocks that were never written is compared in `layouts.test.ts`; here the borders of each type.
it.each([
  ['uint8', undefined, 0],
  ['uint8', '7.5', 8],
  ['uint8', '-1', 0],
  ['uint8', '300', 255],
  ['uint8', 'nan', 0],
  ['uint8', 'none', 0],
  ['int16', '-40000', -32768],
  ['int16', '40000', 32767],
  ['float32', '-9999', -9999],
  ['float64', 'nan', Number.NaN],
  ['int64', undefined, 0n],
  ['int64', 'none', 0n],
  ['int64', '-9223372036854775808', -(2n ** 63n)],
  ['int64', '-9223372036854775809', -(2n ** 63n)],
  ['int64', '9223372036854775808', 2n ** 63n - 1n],
  ['uint64', '18446744073709551616', 2n ** 64n - 1n],
  ['uint64', '-1', 2n ** 64n - 1n],
  ['uint64', '-18446744073709551616', 2n ** 64n - 1n],
] as const)('%s with nodata %s is filled with %s', (type, nodata, value) => {
  expect(fillOf(type, nodata)).toBe(value);
});
