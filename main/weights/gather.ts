import { elementCount } from './values.ts';

/** Elements spread over memory by strides. */
export type Spread = {
  /** Of one dimension at least. */
  readonly shape: readonly number[];
  /** In elements. */
  readonly stride: readonly number[];
  /** 1, 2, or a multiple of 4. */
  readonly elementBytes: number;
};

/**
 * The elements in row-major order. Bits are copied, not numbers: a NaN keeps its payload.
 * @param bytes begin with the first element, aligned to the elements
 */
export function gather(bytes: Uint8Array, { shape, stride, elementBytes }: Spread): Uint8Array {
  if (elementBytes > 4) {
    const words = elementBytes / 4;
    const inWords = {
      shape: [...shape, words],
      stride: [...stride.map((step) => step * words), 1],
      elementBytes: 4,
    };
    return gather(bytes, inWords);
  }
  const Words = elementBytes === 1 ? Uint8Array : elementBytes === 2 ? Uint16Array : Uint32Array;
  const source = new Words(
    bytes.buffer as ArrayBuffer,
    bytes.byteOffset,
    Math.floor(bytes.length / elementBytes),
  );
  const target = new Words(elementCount(shape));
  copy(source, target, shape, stride);
  return new Uint8Array(target.buffer);
}

type Words = Uint8Array | Uint16Array | Uint32Array;

function copy(
  source: Words,
  target: Words,
  shape: readonly number[],
  stride: readonly number[],
): void {
  const last = shape.length - 1;
  const width = shape[last]!;
  const step = stride[last]!;
  /** Where each dimension but the last stands. */
  const index = new Array<number>(last).fill(0);
  let from = 0;
  for (let at = 0; at < target.length; ) {
    for (let i = 0, element = from; i < width; i++, element += step)
      target[at++] = source[element]!;
    for (let axis = last - 1; axis >= 0; axis--) {
      index[axis]! += 1;
      from += stride[axis]!;
      if (index[axis]! < shape[axis]!) break;
      from -= stride[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
}

/** Whether the elements lie one after the other in row-major order; the stride of a dimension of size 1 says nothing. */
export function isContiguous(shape: readonly number[], stride: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
