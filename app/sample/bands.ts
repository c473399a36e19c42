import type { Band } from '../raster/scene.ts';
import type { Curve } from './library.ts';

/** Name, centre and width in nm of the bands of Sentinel-2A's MSI that a Level-2A product has (ESA, spectral responses 3.1). */
const sentinel2Table = [
  ['B01', 442.7, 21],
  ['B02', 492.4, 66],
  ['B03', 559.8, 36],
  ['B04', 664.6, 31],
  ['B05', 704.1, 15],
  ['B06', 740.5, 15],
  ['B07', 782.8, 20],
  ['B08', 832.8, 106],
  ['B8A', 864.7, 21],
  ['B09', 945.1, 20],
  ['B11', 1613.7, 91],
  ['B12', 2202.4, 175],
] as const;

/** Offset of Level-2A products since processing baseline 04.00, so that dark noise stays above 0. */
export const sentinel2Offset = -0.1;

/** Stored numbers are reflectance · 10,000. */
export const reflectanceScale = 1e-4;

/** Value of pixels outside the swath. */
export const sampleNodata = 0;

/** Bands of the Sentinel-2-like scenes: physical value = sample · 0.0001 − 0.1. */
export function sentinel2Bands(): readonly Band[] {
  return sentinel2Table.map(([name, wavelengthNm, fwhmNm]) => ({
    name,
    type: 'uint16',
    wavelengthNm,
    fwhmNm,
    nodata: sampleNodata,
    scale: reflectanceScale,
    offset: sentinel2Offset,
    unit: 'reflectance',
  }));
}

/** Ranges in nm where water vapour lets next to nothing through. */
const absorption = [
  [1345, 1435],
  [1795, 1965],
] as const;

/** Equally spaced bands from 400 to 2400 nm; those in the water-vapour bands of the atmosphere are marked bad. */
export function hyperspectralBands(count = 120): readonly Band[] {
  const step = 2000 / (count - 1);
  return Array.from({ length: count }, (_, i) => {
    const wavelengthNm = Math.round((400 + i * step) * 100) / 100;
    const bad = absorption.some(([from, to]) => wavelengthNm > from && wavelengthNm < to);
    return {
      name: `Band ${String(i + 1).padStart(3, '0')} (${wavelengthNm.toFixed(0)} nm)`,
      type: 'uint16',
      wavelengthNm,
      fwhmNm: Math.round(step * 1.1 * 100) / 100,
      nodata: sampleNodata,
      scale: reflectanceScale,
      offset: 0,
      unit: 'reflectance',
      ...(bad ? { bad } : {}),
    };
  });
}

/** A curve as a band sees it: mean under a Gaussian response of the band's width. */
export function inBands(curve: Curve, bands: readonly Band[]): Float64Array {
  return Float64Array.from(bands, (band) => {
    const sigma = (band.fwhmNm ?? 1) / 2.3548;
    let sum = 0;
    let weights = 0;
    for (let step = -6; step <= 6; step++) {
      const weight = Math.exp(-((step / 3) ** 2) / 2);
      sum += weight * at(curve, (band.wavelengthNm ?? 0) + (step / 3) * sigma);
      weights += weight;
    }
    return sum / weights;
  });
}

/** Straight lines between the points of a curve, its end values outside. */
function at(curve: Curve, wavelength: number): number {
  const next = curve.findIndex(([nm]) => nm >= wavelength);
  if (next === -1) return curve[curve.length - 1]![1];
  if (next === 0) return curve[0]![1];
  const [fromNm, from] = curve[next - 1]!;
  const [toNm, to] = curve[next]!;
  return from + ((to - from) * (wavelength - fromNm)) / (toNm - fromNm);
}
