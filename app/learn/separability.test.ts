import { describe, expect, it } from 'vitest';
import { type ClassSpectra, separabilityOf } from './separability.ts';

const spectra = (pixels: readonly (readonly number[])[]): ClassSpectra => ({
  features: Float32Array.from(pixels.flat()),
  count: pixels.length,
});

/** Five pixels of one band with a sample variance of 2.5 times the square of `spread`. */
const line = (centre: number, spread = 1): ClassSpectra =>
  spectra([-2, -1, 0, 1, 2].map((step) => [centre + spread * step]));

describe('separability by hand', () => {
  it('of equal variances: B = Δ²/8σ², D = Δ²/σ²', () => {
    // σ² = 2.5, Δ = 10: B = 100 / 20 = 5, D = 40
    const { pairs, warnings } = separabilityOf([line(10), line(20)], 1);
    expect(pairs[0]!.jeffriesMatusita).toBeCloseTo(2 * (1 - Math.exp(-5)), 12);
    expect(pairs[0]!.transformedDivergence).toBeCloseTo(2 * (1 - Math.exp(-5)), 12);
    expect(pairs[0]!.spectralAngle).toBeCloseTo(0, 6);
    expect(warnings).toEqual([]);
  });

  it('of equal means: B = ½ ln((σ₁² + σ₂²) / 2σ₁σ₂), D = ½ (σ₁² − σ₂²)(1/σ₂² − 1/σ₁²)', () => {
    // variances 2.5 and 10: B = ½ ln(6.25 / 5), D = ½ · −7.5 · −0.3 = 1.125
    const { pairs } = separabilityOf([line(10), line(10, 2)], 1);
    expect(pairs[0]!.jeffriesMatusita).toBeCloseTo(2 * (1 - 1 / Math.sqrt(1.25)), 12);
    expect(pairs[0]!.transformedDivergence).toBeCloseTo(2 * (1 - Math.exp(-1.125 / 8)), 12);
  });

  it('of a class with itself is 0, and of unlike ones does not depend on the unit of a band', () => {
    const cloud = (x: number, y: number, unit: number): ClassSpectra =>
      spectra(
        [-3, -2, -1, 0, 1, 2, 3].map((step) => [x + step, unit * (y + ((step * step * 7) % 5))]),
      );
    const same = separabilityOf([cloud(1, 2, 1), cloud(1, 2, 1)], 2).pairs[0]!;
    expect(same).toMatchObject({ jeffriesMatusita: 0, transformedDivergence: 0 });
    const one = separabilityOf([cloud(1, 2, 1), cloud(2, 4, 1)], 2).pairs[0]!;
    const other = separabilityOf([cloud(1, 2, 1e4), cloud(2, 4, 1e4)], 2).pairs[0]!;
    expect(one.jeffriesMatusita).toBeGreaterThan(0.1);
    expect(other.jeffriesMatusita).toBeCloseTo(one.jeffriesMatusita!, 5);
    expect(other.transformedDivergence).toBeCloseTo(one.transformedDivergence!, 5);
  });

  it('the angle between (1, 0) and (1, 1) is 45 degrees, however bright', () => {
    const bright = spectra(Array.from({ length: 9 }, (_, i) => [100 + i, 0]));
    const even = spectra(Array.from({ length: 9 }, (_, i) => [1 + i, 1 + i]));
    expect(separabilityOf([bright, even], 2).pairs[0]!.spectralAngle).toBeCloseTo(45, 5);
  });

  it('bands that determine each other are told of and still give distances', () => {
    const doubled = (centre: number): ClassSpectra =>
      spectra(Array.from({ length: 20 }, (_, i) => [centre + (i % 5), 2 * (centre + (i % 5))]));
    const { pairs, warnings } = separabilityOf([doubled(10), doubled(11)], 2);
    expect(warnings.join()).toContain('determine each other');
    expect(pairs[0]!.jeffriesMatusita).toBeGreaterThan(0);
    expect(pairs[0]!.jeffriesMatusita).toBeLessThan(2);
  });

  it('few pixels take few bands: those that tell the classes apart', () => {
    const noise = (i: number, band: number): number => ((i * 37 + band * 101) % 17) - 8;
    const pixels = (shift: number): ClassSpectra =>
      spectra(
        Array.from({ length: 7 }, (_, i) =>
          Array.from({ length: 12 }, (_, band) => noise(i, band) + (band % 4 === 2 ? shift : 0)),
        ),
      );
    const { bands, warnings } = separabilityOf([pixels(0), pixels(90)], 12);
    expect(bands).toEqual([2, 6, 10]);
    expect(warnings.join()).toContain('3 of 12 bands');
  });

  it('a class of few pixels has an angle only; one without pixels nothing', () => {
    const { pairs, warnings } = separabilityOf([line(1), line(9), spectra([[4]]), spectra([])], 1);
    const [, withFew, withNone] = pairs;
    expect(withFew!.jeffriesMatusita).toBeUndefined();
    expect(withFew!.spectralAngle).toBeCloseTo(0, 6);
    expect(withNone!.spectralAngle).toBeUndefined();
    expect(warnings.join()).toContain('fewer than 5');
  });
});
