import { AppError } from '../../../app/error.ts';
import { bytesPerSample, type SampleType } from '../../../app/raster/samples.ts';

/** A numeric array of a MAT-file. */
export type MatArray = {
  readonly name: string;
  /** Rows, columns and further dimensions; the first varies fastest in the file. */
  readonly dimensions: readonly number[];
  /** Type of the stored values. */
  readonly type: SampleType;
  /** Where the values begin in the (decompressed) element, and their bytes. */
  readonly dataOffset: number;
  readonly dataBytes: number;
};

/** The first bytes of an element, with `start` at the first sub-element. */
export type ElementHead = {
  readonly bytes: Buffer;
  readonly start: number;
  readonly bigEndian: boolean;
};

/** Stored types by number (MAT-file format, table 1-1). */
const storedTypes: ReadonlyMap<number, SampleType> = new Map([
  [1, 'int8'],
  [2, 'uint8'],
  [3, 'int16'],
  [4, 'uint16'],
  [5, 'int32'],
  [6, 'uint32'],
  [7, 'float32'],
  [9, 'float64'],
  [12, 'int64'],
  [13, 'uint64'],
]);
/** Array classes from double (6) to uint64 (15) are numbers; others are cells, structs, objects, text and sparse. */
const firstNumericClass = 6;
const lastNumericClass = 15;
const complexFlag = 0x0800;
const mostDimensions = 32;

/**
 * Name, size and type of a matrix element; undefined where it is not an array of real numbers.
 * @throws AppError `corrupt`
 */
export function matrixHead(head: ElementHead, uri: string): MatArray | undefined {
  const flags = subElement(head, head.start);
  if (flags === undefined || !isRealArray(unsigned(head, flags.data))) return undefined;
  const sizes = subElement(head, flags.next);
  const name = sizes && subElement(head, sizes.next);
  const data = name && subElement(head, name.next);
  const type = data && storedTypes.get(data.type);
  const dimensions = sizes && dimensionsOf(head, sizes);
  if (name === undefined || type === undefined || dimensions === undefined) return undefined;
  const label = head.bytes.toString('latin1', name.data, name.data + name.length);
  const array = { name: label.replace(/\0.*$/s, ''), dimensions, type };
  const values = dimensions.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(values) || values * bytesPerSample(type) !== data!.length) {
    throw new AppError(
      'corrupt',
      `${uri} is a damaged MAT-file: ${array.name || 'a variable'} is ${dimensions.join(' × ')} but stores ` +
        `${data!.length} bytes. Copy or download it again.`,
      { uri, variable: array.name, dimensions },
    );
  }
  return { ...array, dataOffset: data!.data, dataBytes: data!.length };
}

function isRealArray(flags: number): boolean {
  const kind = flags & 0xff;
  return kind >= firstNumericClass && kind <= lastNumericClass && (flags & complexFlag) === 0;
}

function dimensionsOf(head: ElementHead, sizes: SubElement): number[] | undefined {
  const count = sizes.length / 4;
  const inside = sizes.data + sizes.length <= head.bytes.length;
  if (!Number.isInteger(count) || count < 2 || count > mostDimensions || !inside) return undefined;
  return Array.from({ length: count }, (_, i) => unsigned(head, sizes.data + 4 * i));
}

type SubElement = {
  readonly type: number;
  readonly length: number;
  readonly data: number;
  readonly next: number;
};

/** A tag of 8 bytes, or the short form that holds up to 4 bytes of data in itself. */
function subElement(head: ElementHead, position: number): SubElement | undefined {
  if (position + 8 > head.bytes.length) return undefined;
  const word = unsigned(head, position);
  const short = word >>> 16;
  if (short !== 0) {
    if (short > 4) return undefined;
    return { type: word & 0xffff, length: short, data: position + 4, next: position + 8 };
  }
  const length = unsigned(head, position + 4);
  return { type: word, length, data: position + 8, next: position + 8 + Math.ceil(length / 8) * 8 };
}

function unsigned(head: ElementHead, position: number): number {
  return head.bigEndian ? head.bytes.readUInt32BE(position) : head.bytes.readUInt32LE(position);
}
