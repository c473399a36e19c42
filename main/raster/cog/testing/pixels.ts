import { createRandom, type Random } from '../../../../app/random.ts';
import type { Window } from '../../../../app/raster/grid.ts';
import { type SampleArray, type SampleType, samplesOf } from '../../../../app/raster/samples.ts';

/** One band of noise over patches, with some pixels of the nodata value. */
export function noisyBand(
  type: SampleType,
  size: { readonly width: number; readonly height: number },
  random: Random,
  nodata?: number,
): SampleArray {
  const samples = samplesOf(type, size.width * size.height);
  const float = type.startsWith('float');
  const least = type.startsWith('u') ? 0 : -100;
  for (let i = 0; i < samples.length; i++) {
    const patch = Math.floor((i % size.width) / 7) + Math.floor(i / size.width / 5);
    const value = float
      ? random.normal() * 50 + patch
      : least + ((patch + random.integer(4)) % 120);
    const chosen = nodata !== undefined && random.uniform() < 0.1 ? nodata : value;
    if (samples instanceof BigInt64Array || samples instanceof BigUint64Array)
      samples[i] = BigInt(chosen);
    else samples[i] = chosen;
  }
  return samples;
}

/** Cuts a grid into windows at random, in random order. */
export function randomWindows(
  grid: { readonly width: number; readonly height: number },
  seed: number,
): readonly Window[] {
  const random = createRandom(seed, 'windows');
  const split = (window: Window, depth: number): Window[] => {
    const { x, y, width, height } = window;
    if (depth === 0 || (width < 2 && height < 2)) return [window];
    if (height < 2 || (width >= 2 && random.uniform() < 0.5)) {
      const cut = 1 + random.integer(width - 1);
      return [
        ...split({ x, y, width: cut, height }, depth - 1),
        ...split({ x: x + cut, y, width: width - cut, height }, depth - 1),
      ];
    }
    const cut = 1 + random.integer(height - 1);
    return [
      ...split({ x, y, width, height: cut }, depth - 1),
      ...split({ x, y: y + cut, width, height: height - cut }, depth - 1),
    ];
  };
  const windows = split({ x: 0, y: 0, ...grid }, random.integer(6));
  const order = random.shuffle(windows.map((_, index) => index));
  return order.map((index) => windows[index]!);
}

/** The samples of a window of a band. */
export function cutOut(samples: SampleArray, width: number, window: Window): SampleArray {
  const rows = Array.from({ length: window.height }, (_, row) => {
    const start = (window.y + row) * width + window.x;
    return samples.subarray(start, start + window.width);
  });
  const result = samples.slice(0, window.width * window.height);
  rows.forEach((row, index) => {
    (result as Uint8Array).set(row as Uint8Array, index * window.width);
  });
  return result;
}
