import type { SampleArray } from '../../../app/raster/samples.ts';

/**
 * 1 where a sample is valid: none of the `invalid` values and, in floating point, not NaN. Undefined where all are.
 * Values are compared in the type of the samples, so −3.4e38 written in text meets the float32 in the file.
 */
export function maskOf(
  samples: SampleArray,
  invalid: readonly number[],
): Uint8Array<ArrayBuffer> | undefined {
  if (samples instanceof BigUint64Array || samples instanceof BigInt64Array) {
    const values = invalid.filter((value) => Number.isInteger(value)).map((value) => BigInt(value));
    return values.length === 0 ? undefined : marked(samples, values);
  }
  const isFloat = samples instanceof Float32Array || samples instanceof Float64Array;
  const single = samples instanceof Float32Array;
  const values = invalid
    .filter((value) => !Number.isNaN(value))
    .map((value) => (single ? Math.fround(value) : value));
  if (isFloat) return markedFloats(samples, values);
  return values.length === 0 ? undefined : marked(samples, values);
}

function marked<Value extends number | bigint>(
  samples: { readonly length: number; readonly [index: number]: Value },
  values: readonly Value[],
): Uint8Array<ArrayBuffer> | undefined {
  let mask: Uint8Array<ArrayBuffer> | undefined;
  for (const value of values) {
    for (let i = 0; i < samples.length; i++) {
      if (samples[i] !== value) continue;
      mask ??= new Uint8Array(samples.length).fill(1);
      mask[i] = 0;
    }
  }
  return mask;
}

function markedFloats(
  samples: Float32Array | Float64Array,
  values: readonly number[],
): Uint8Array<ArrayBuffer> | undefined {
  let mask: Uint8Array<ArrayBuffer> | undefined = marked(samples, values);
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (value === value) continue;
    mask ??= new Uint8Array(samples.length).fill(1);
    mask[i] = 0;
  }
  return mask;
}
