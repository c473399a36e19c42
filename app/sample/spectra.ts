import type { Band } from '../raster/scene.ts';
import { inBands } from './bands.ts';
import type { Surface } from './library.ts';
import { hash, nearNormal, uniform } from './noise.ts';

/** Reflectance of parcels in the bands of a scene. */
export type ParcelSpectra = {
  /** Mean reflectance of a parcel, (bands). The array is shared: do not write to it. */
  spectrum(surface: number, parcel: number): Float64Array;
  /** What a full share more of the second curve would add, (bands). */
  difference(surface: number): Float64Array;
};

/** How many parcels are remembered: enough for a window, whatever the size of the scene. */
const remembered = 2048;

/** Parcel spectra by place and seed: two curves mixed, brighter or darker, slightly bent. */
export function createParcelSpectra(
  surfaces: readonly Surface[],
  bands: readonly Band[],
  seed: number,
): ParcelSpectra {
  const first = surfaces.map((surface) => inBands(surface.curve, bands));
  const second = surfaces.map((surface) => inBands(surface.mixedWith, bands));
  const differences = first.map((curve, i) => curve.map((value, b) => second[i]![b]! - value));
  const waves = smoothWaves(bands);
  const cache = new Map<number, Float64Array>();

  const make = (index: number, parcel: number): Float64Array => {
    const surface = surfaces[index]!;
    const [least, most] = surface.share;
    const share = least + (most - least) * uniform(parcel, index, seed + 301);
    const draw = (n: number) => nearNormal(hash(parcel, index, seed + 302 + n));
    const gain = Math.exp(surface.brightness * draw(0));
    const bendings = waves.map((_, k) => (surface.shape * draw(k + 1)) / Math.sqrt(k + 1));
    return first[index]!.map((value, b) => {
      let bent = gain;
      for (const [k, wave] of waves.entries()) bent *= 1 + bendings[k]! * wave[b]!;
      return (value + share * differences[index]![b]!) * bent;
    });
  };

  return {
    spectrum(surface, parcel) {
      const key = surface * 4294967296 + (parcel >>> 0);
      const known = cache.get(key);
      if (known !== undefined) return known;
      if (cache.size >= remembered) cache.clear();
      const made = make(surface, parcel);
      cache.set(key, made);
      return made;
    },
    difference: (surface) => differences[surface]!,
  };
}

/** Four slow cosines along the spectrum: deviations of neighbouring bands go together. */
function smoothWaves(bands: readonly Band[]): readonly Float64Array[] {
  return [1, 2, 3, 4].map((k) =>
    Float64Array.from(bands, (band) =>
      Math.cos(k * Math.PI * (((band.wavelengthNm ?? 400) - 400) / 2000)),
    ),
  );
}
