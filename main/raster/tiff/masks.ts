import type { SampleArray } from '../../../app/raster/samples.ts';

/**
 * 1 where samples are valid, 0 where they equal the nodata value or are NaN; undefined where all are valid.
 */
export function maskOf(samples: SampleArray, nodata: number | undefined): Uint8Array | undefined {
  if (samples instanceof Float32Array)
    return maskFloats(samples, nodata, Math.fround(nodata ?? NaN));
  if (samples instanceof Float64Array) return maskFloats(samples, nodata, nodata ?? NaN);
  if (nodata === undefined || Number.isNaN(nodata)) return undefined;
  if (samples instanceof BigInt64Array || samples instanceof BigUint64Array) {
    return Number.isInteger(nodata) ? maskEqual(samples, BigInt(nodata)) : undefined;
  }
  return maskEqual(samples, nodata);
}

function maskEqual<V extends number | bigint>(
  samples: { readonly length: number; readonly [index: number]: V; indexOf(value: V): number },
  nodata: V,
): Uint8Array | undefined {
  const first = samples.indexOf(nodata);
  if (first < 0) return undefined;
  const mask = new Uint8Array(samples.length).fill(1);
  for (let i = first; i < mask.length; i++) if (samples[i] === nodata) mask[i] = 0;
  return mask;
}

function maskFloats(
  samples: Float32Array | Float64Array,
  stated: number | undefined,
  nodata: number,
): Uint8Array | undefined {
  let mask: Uint8Array | undefined;
  const compared = stated !== undefined;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (value === value && !(compared && value === nodata)) continue;
    mask ??= new Uint8Array(samples.length).fill(1);
    mask[i] = 0;
  }
  return mask;
}

/** Alpha or mask samples as a mask: 0 where they are 0; undefined where all are valid. */
export function maskFromAlpha(samples: SampleArray): Uint8Array | undefined {
  const zero = samples instanceof BigInt64Array || samples instanceof BigUint64Array ? 0n : 0;
  return maskEqual(samples as never, zero as never);
}

/** Valid where both are. */
export function bothValid(
  a: Uint8Array | undefined,
  b: Uint8Array | undefined,
): Uint8Array | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.map((value, i) => value & b[i]!);
}
