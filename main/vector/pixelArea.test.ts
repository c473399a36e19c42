import { describe, expect, it } from 'vitest';
import type { GeoTransform } from '../../app/raster/geoTransform.ts';
import { pixelAreaHectares } from './pixelArea.ts';

const gridOf = (crs: string, transform: GeoTransform, height = 100) => ({
  width: 100,
  height,
  crs,
  transform,
});

describe('pixelAreaHectares', () => {
  it('is the pixel size on a projected grid, whatever its unit', () => {
    const utm = gridOf('EPSG:32633', [400_000, 10, 0, 5_800_000, 0, -10]);
    expect(pixelAreaHectares(utm)).toBe(0.01);
    const feet = gridOf('EPSG:2263', [984_000, 10, 0, 200_000, 0, -10]);
    expect(pixelAreaHectares(feet)).toBeCloseTo(((10 * 1200) / 3937) ** 2 / 10_000, 12);
    const rotated = gridOf('EPSG:32633', [400_000, 6, 8, 5_800_000, 8, -6]);
    expect(pixelAreaHectares(rotated)).toBeCloseTo(0.01, 12);
  });

  it('sums to the surface of the Earth on a geographic grid of the whole globe', () => {
    const globe = { ...gridOf('EPSG:4326', [-180, 3.6, 0, 90, 0, -0.18], 1000), width: 100 };
    let sum = 0;
    for (let row = 0; row < 1000; row++) sum += pixelAreaHectares(globe, row) * 100;
    // area of the WGS 84 ellipsoid, 510,065,621.724 km² (NGA.STND.0036)
    expect(sum / 51_006_562_172.4 - 1).toBeLessThan(2e-6);
    expect(Math.abs(pixelAreaHectares(globe) * 100_000 - sum) / sum).toBeLessThan(1e-3);
  });

  it('corrects Web Mercator, which doubles areas at 45 degrees', () => {
    const y = 5_621_521.486; // latitude 45
    const mercator = gridOf('EPSG:3857', [0, 10, 0, y + 500, 0, -10]);
    const area = pixelAreaHectares(mercator);
    const degrees = gridOf('EPSG:4326', [0, 10 / 111_319.49, 0, 45, 0, -1e-7]);
    expect(area).toBeGreaterThan(0.0049);
    expect(area).toBeLessThan(0.0051);
    // same width in degrees, height by the ratio of 10 m to the local scale
    expect(
      Math.abs(
        area - (pixelAreaHectares(degrees) / 1e-7) * (10 / 111_319.49) * Math.cos(Math.PI / 4),
      ) / area,
    ).toBeLessThan(5e-3);
  });

  it('needs a CRS', () => {
    const bare = { width: 1, height: 1 };
    expect(() => pixelAreaHectares(bare)).toThrow(expect.objectContaining({ code: 'no-crs' }));
  });
});
