import { bytesPerSample, type SampleType } from '../../../app/raster/samples.ts';
import { parseNodata } from './bands.ts';

/** Digits of the longest number of 64 bits, and some. */
const mostDigits = 40;

/**
 * The sample that blocks which were never written are filled with, as GDAL does it: the nodata value rounded to the nearest that
 * the type holds, 0 where there is none.
 * @param nodata as the file states it
 */
export function fillOf(type: SampleType, nodata: string | undefined): number | bigint {
  const bits = 8 * bytesPerSample(type);
  const value = parseNodata(nodata ?? '0') ?? 0;
  if (type === 'float32' || type === 'float64') return value;
  const signed = type.startsWith('int');
  if (bits === 64) return wholeOf(nodata ?? '0', signed);
  const least = signed ? -(2 ** (bits - 1)) : 0;
  const most = 2 ** (signed ? bits - 1 : bits) - 1;
  return Number.isNaN(value) ? 0 : Math.min(most, Math.max(least, Math.round(value)));
}

/** As C reads it (strtoll, strtoull): the digits that it begins with, the largest number for one too large, negative ones wrapped. */
function wholeOf(text: string, signed: boolean): bigint {
  const digits = /^\s*([-+]?\d+)/.exec(text)?.[1]?.slice(0, mostDigits);
  if (digits === undefined) return 0n;
  const value = BigInt(digits);
  const most = 2n ** BigInt(signed ? 63 : 64) - 1n;
  if (value > most) return most;
  if (signed) return value < -most - 1n ? -most - 1n : value;
  return -value > most ? most : BigInt.asUintN(64, value);
}
