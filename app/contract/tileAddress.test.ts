import { describe, expect, it } from 'vitest';
import { parseTilePath, type TileAddress, tilePath } from './tileAddress.ts';

const place = { scene: '0123456789abcdef', z: 3, x: 10, y: 0, stamp: '17 & 4' };
const read = (address: string): TileAddress | undefined => {
  const url = new URL(address, 'http://host');
  return parseTilePath(url.pathname, url.searchParams);
};

describe('the address of a tile', () => {
  it.each<TileAddress>([
    { ...place, bands: [0, 12, 3] },
    { ...place, bands: [], expression: 'log(b1 + `Band 3 (665 nm)`) ^ 2 / 50 & # ü %' },
  ])('is read as it was written: $expression', (address) => {
    expect(read(tilePath(address))).toEqual(address);
  });
  it.each([
    '?bands=&stamp=s',
    '?bands=1,&stamp=s',
    '?stamp=s',
    '?expression=&stamp=s',
    `?expression=${'b'.repeat(501)}&stamp=s`,
    '?expression=b1&bands=1&stamp=s',
  ])('is none with %s', (query) => {
    expect(read(`/tiles/0123456789abcdef/1/2/3${query}`)).toBeUndefined();
    expect(read('/tiles/0123456789abcdef/1/2/3?bands=1&stamp=s')).toBeDefined();
  });
});
