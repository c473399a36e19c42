/** The elements of a tensor as numbers, booleans, bigints, or pairs for complex ones. */
export function elements(bytes: Uint8Array, dtype: string): unknown[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const each = (size: number, read: (at: number) => unknown): unknown[] =>
    Array.from({ length: bytes.length / size }, (_, i) => read(i * size));
  switch (dtype) {
    case 'float32':
      return each(4, (at) => view.getFloat32(at, true));
    case 'float64':
      return each(8, (at) => view.getFloat64(at, true));
    case 'float16':
      return each(2, (at) => half(view.getUint16(at, true)));
    case 'bfloat16':
      return each(2, (at) => upper(view.getUint16(at, true)));
    case 'int64':
      return each(8, (at) => view.getBigInt64(at, true));
    case 'int32':
      return each(4, (at) => view.getInt32(at, true));
    case 'int16':
      return each(2, (at) => view.getInt16(at, true));
    case 'int8':
      return each(1, (at) => view.getInt8(at));
    case 'uint8':
      return each(1, (at) => view.getUint8(at));
    case 'bool':
      return each(1, (at) => view.getUint8(at) === 1);
    case 'complex64':
      return each(8, (at) => [view.getFloat32(at, true), view.getFloat32(at + 4, true)]);
    default:
      throw new Error(`no elements of ${dtype}`);
  }
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0
    ? sign * fraction * 2 ** -24
    : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function upper(bits: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, bits << 16);
  return view.getFloat32(0);
}
