import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { samplesOf } from '../../../app/raster/samples.ts';
import { align } from '../stack/layers.ts';
import { shortCrs, utmCode } from './crs.ts';
import { maskOf } from './mask.ts';
import { memorySource } from './memorySource.ts';
import { nearestIndices } from './request.ts';
import { recogniseSensor, sentinel2Band } from './sensors.ts';
import { readStrided } from './strided.ts';
import { TileCache } from './tileCache.ts';
import { parseDocument, textOf } from './xml.ts';

describe('nearest neighbours', () => {
  it('lie under the centres of the cells, ascend and stay inside', () => {
    fc.assert(
      fc.property(
        fc.nat(50),
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 700 }),
        (start, length, count) => {
          const indices = nearestIndices(start, length, count);
          expect(indices).toHaveLength(count);
          indices.forEach((index, i) => {
            const centre = start + ((i + 0.5) * length) / count;
            expect(index).toBeLessThanOrEqual(centre + 1e-6);
            expect(index).toBeGreaterThan(centre - 1 - 1e-6);
            expect(index).toBeLessThan(start + length);
          });
          if (count === length)
            expect([...indices]).toEqual(Array.from({ length }, (_, i) => start + i));
        },
      ),
    );
  });
});

describe('strided reading', () => {
  it('gives each sample that its strides say, for every order of the axes', async () => {
    const shape = fc.record({
      width: fc.integer({ min: 1, max: 40 }),
      height: fc.integer({ min: 1, max: 40 }),
      bands: fc.integer({ min: 1, max: 6 }),
      order: fc.constantFrom('bsq', 'bil', 'bip', 'matlab', 'spectra'),
      offset: fc.nat(9),
      picks: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
      reduce: fc.constantFrom(1, 2, 5),
    });
    await fc.assert(
      fc.asyncProperty(shape, async ({ width, height, bands, order, offset, picks, reduce }) => {
        const strides = {
          bsq: { band: width * height, row: width, column: 1 },
          bil: { band: width, row: width * bands, column: 1 },
          bip: { band: 1, row: width * bands, column: bands },
          matlab: { band: width * height, row: 1, column: height },
          spectra: { band: 1, row: bands, column: bands * height },
        }[order];
        const all = samplesOf('int32', width * height * bands) as Int32Array;
        for (let i = 0; i < all.length; i++) all[i] = i * 3 + 1;
        const file = new Uint8Array(offset + all.byteLength);
        file.set(new Uint8Array(all.buffer), offset);
        const chosen = picks.map((pick) => pick % bands);
        const size = { width: Math.ceil(width / reduce), height: Math.ceil(height / reduce) };
        const columns = nearestIndices(0, width, size.width);
        const rows = nearestIndices(0, height, size.height);
        const result = await readStrided(
          memorySource('memory', file),
          { type: 'int32', offset, bigEndian: false, strides },
          {
            window: { x: 0, y: 0, width, height },
            bands: chosen,
            ...size,
            columns,
            rows,
            signal: undefined,
          },
        );
        chosen.forEach((band, b) => {
          const expected = [...rows].flatMap((row) =>
            [...columns].map(
              (column) =>
                (band * strides.band + row * strides.row + column * strides.column) * 3 + 1,
            ),
          );
          expect([...result[b]!]).toEqual(expected);
        });
      }),
      { numRuns: 150, seed: 8 },
    );
  });
});

describe('masks', () => {
  it('compare in the type of the samples', () => {
    expect(maskOf(new Uint8Array([1, 2]), [])).toBeUndefined();
    expect([...maskOf(new Uint8Array([0, 2, 255]), [0, 255])!]).toEqual([0, 1, 0]);
    const lowest = -3.40282346638528859e38;
    expect([...maskOf(new Float32Array([lowest, Number.NaN, 1]), [lowest])!]).toEqual([0, 0, 1]);
    expect([...maskOf(new BigInt64Array([5n, 2n ** 60n]), [2 ** 60])!]).toEqual([1, 0]);
    expect(maskOf(new Int16Array([1, 2]), [0.5])).toBeUndefined();
  });
});

describe('coordinate systems', () => {
  it('UTM zones by their parameters', () => {
    const utm = (datum: string, meridian: number, northing: number): string =>
      `PROJCS["x",GEOGCS["g",DATUM["${datum}",SPHEROID["s",6378137.0,298.257]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],` +
      `PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",${northing}],` +
      `PARAMETER["Central_Meridian",${meridian}],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`;
    expect(shortCrs(utm('D_WGS_1984', 123, 0))).toBe('EPSG:32651');
    expect(shortCrs(utm('D_WGS_1984', -69, 10000000))).toBe('EPSG:32719');
    expect(shortCrs(utm('D_North_American_1927', -117, 0))).toBe('EPSG:26711');
    const unknown = utm('D_Unknown', 123, 0);
    expect(shortCrs(unknown)).toBe(unknown);
    const between = utm('D_WGS_1984', 122, 0);
    expect(shortCrs(between)).toBe(between);
    expect(
      shortCrs('GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["a",1,2]],AUTHORITY["EPSG","4326"]]'),
    ).toBe('EPSG:4326');
    expect(utmCode(61, true, 'WGS-84')).toBeUndefined();
  });
});

describe('sensors', () => {
  it.each([
    ['T33UUU_20170216T102101_B8A', 'B8A'],
    ['T34UCF_20230823T095559_B02_10m', 'B02'],
    ['S2A_MSIL2A_20170613T101031_87_48_B1', 'B01'],
    ['2018-10-13_Sentinel-2B_L1C_B04', 'B04'],
    ['T33UUU_20170216T102101_TCI', undefined],
    ['scene_B13', undefined],
  ])('%s', (stem, band) => {
    expect(sentinel2Band(stem)).toBe(band);
  });

  it('Landsat bands are not taken for Sentinel-2', () => {
    expect(recogniseSensor(['LC08_L1TP_193023_20200101_B4'])).toBeUndefined();
    expect(recogniseSensor(['S2A_B04', 'dem'])).toBeUndefined();
  });
});

describe('tile cache', () => {
  it('never holds more than its budget and keeps what was used last', () => {
    const cache = new TileCache<string>(10);
    cache.set('a', 'A', 4);
    cache.set('b', 'B', 4);
    expect(cache.get('a')).toBe('A');
    cache.set('c', 'C', 4);
    expect([cache.get('a'), cache.get('b'), cache.get('c')]).toEqual(['A', undefined, 'C']);
    cache.set('huge', 'H', 11);
    expect([cache.get('huge'), cache.get('c')]).toEqual([undefined, 'C']);
  });
});

describe('alignment', () => {
  it('is exact for whole ratios however far from the origin', () => {
    const common = {
      width: 100,
      height: 100,
      crs: 'EPSG:32633',
      transform: [399960, 10, 0, 9000040, 0, -10],
    } as const;
    const coarse = {
      ...common,
      width: 17,
      height: 17,
      transform: [399960, 60, 0, 9000040, 0, -60],
    } as const;
    const { scaleX, offsetX, scaleY, offsetY } = align(common, coarse, 'coarse');
    for (let i = 0; i < 100; i++) {
      expect(Math.floor(scaleX * (i + 0.5) + offsetX + 1e-9)).toBe(Math.floor(i / 6));
      expect(Math.floor(scaleY * (i + 0.5) + offsetY + 1e-9)).toBe(Math.floor(i / 6));
    }
    const turned = { ...coarse, transform: [399960, 60, 30, 9000040, 30, -60] } as const;
    expect(() => align(common, turned, 'turned')).toThrow(/another orientation/);
    expect(() => align(common, { ...coarse, crs: 'EPSG:32634' }, 'other')).toThrow(/EPSG:32634/);
  });
});

describe('metadata documents', () => {
  it('expand nothing, and are refused however they nest', () => {
    expect(textOf(parseDocument('<a:x xmlns:a="u"><a:y> 1 &amp; 2 </a:y></a:x>', 'f'), 'y')).toBe(
      '1 & 2',
    );
    const bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>';
    for (const text of [
      bomb,
      '<x>',
      '',
      '<x><y></x></y>',
      '<'.repeat(100_000),
      `<x ${'a'.repeat(2 ** 20)}>`,
      '<a>'.repeat(5000),
    ]) {
      expect(() => parseDocument(text, 'file.xml')).toThrow(/file\.xml/);
    }
  });
});
