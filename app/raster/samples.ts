/** Native sample types. Complex types are refused by the readers. */
export type SampleType =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float32'
  | 'float64';

/** One band of a window, row by row, in its native type. */
export type SampleArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

const constructors = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

/** An array of `length` zero samples, or a view of `buffer` as samples. */
export function samplesOf(
  type: SampleType,
  source: number | ArrayBufferLike,
  byteOffset = 0,
  length?: number,
): SampleArray {
  const Constructor = constructors[type];
  if (typeof source === 'number') return new Constructor(source);
  return new Constructor(source as ArrayBuffer, byteOffset, length);
}

/** The type of an array's samples. */
export function sampleTypeOf(samples: SampleArray): SampleType {
  for (const [type, Constructor] of Object.entries(constructors)) {
    if (samples instanceof Constructor) return type as SampleType;
  }
  throw new TypeError('not a sample array');
}

/** Bytes of one sample. */
export function bytesPerSample(type: SampleType): number {
  return constructors[type].BYTES_PER_ELEMENT;
}
