import type { ElementType } from '../engines/safetensors.ts';

/** An element type of PyTorch by its name there. */
export type Dtype = {
  readonly name: string;
  readonly bytes: number;
  /** Its name in safetensors; undefined where that format has none. */
  readonly safetensors: ElementType | undefined;
};

const rows: readonly (readonly [
  name: string,
  bytes: number,
  safetensors: ElementType | undefined,
  storage?: string,
])[] = [
  ['float32', 4, 'F32', 'FloatStorage'],
  ['float64', 8, 'F64', 'DoubleStorage'],
  ['float16', 2, 'F16', 'HalfStorage'],
  ['bfloat16', 2, 'BF16', 'BFloat16Storage'],
  ['int64', 8, 'I64', 'LongStorage'],
  ['int32', 4, 'I32', 'IntStorage'],
  ['int16', 2, 'I16', 'ShortStorage'],
  ['int8', 1, 'I8', 'CharStorage'],
  ['uint8', 1, 'U8', 'ByteStorage'],
  ['bool', 1, 'BOOL', 'BoolStorage'],
  ['complex64', 8, undefined, 'ComplexFloatStorage'],
  ['complex128', 16, undefined, 'ComplexDoubleStorage'],
  ['uint16', 2, 'U16'],
  ['uint32', 4, 'U32'],
  ['uint64', 8, 'U64'],
  ['float8_e4m3fn', 1, 'F8_E4M3'],
  ['float8_e5m2', 1, 'F8_E5M2'],
];

/** By PyTorch's name. */
export const dtypes: ReadonlyMap<string, Dtype> = new Map(
  rows.map(([name, bytes, safetensors]) => [name, { name, bytes, safetensors }]),
);

/** By the name of the storage class that old and new files alike name them by, e.g. `HalfStorage`. */
export const storageDtypes: ReadonlyMap<string, Dtype> = new Map(
  rows.flatMap(([name, , , storage]) =>
    storage === undefined ? [] : [[storage, dtypes.get(name)!]],
  ),
);
