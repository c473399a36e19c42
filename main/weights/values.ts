import type { Dtype } from './dtypes.ts';

/**
 * What a pickle comes to. Nothing here can run: a class or function of Python is its name, an object of an unknown class a
 * record of what it was to be made from.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleList
  | PickleDict
  | PickleGlobal
  | PickleRecord
  | StorageType
  | StorageReference
  | DtypeValue
  | DeviceValue
  | CheckpointTensor;

export type PickleList = {
  readonly kind: 'list' | 'tuple' | 'set' | 'size';
  readonly items: readonly PickleValue[];
};

/** A dictionary of any kind. The map is made with the first entry: most dictionaries of a checkpoint are empty. */
export type PickleDict = { readonly kind: 'dict'; entries?: Map<PickleValue, PickleValue> };

/** The name of a class or function. */
export type PickleGlobal = { readonly kind: 'global'; readonly name: string };

/** An inert object of a class that has no meaning here, as `argparse.Namespace`. */
export type PickleRecord = {
  readonly kind: 'record';
  readonly name: string;
  readonly args: readonly PickleValue[];
  state?: PickleValue;
  items?: PickleValue[];
  entries?: Map<PickleValue, PickleValue>;
};

/** `torch.FloatStorage` and the like; the untyped one has no `dtype`. */
export type StorageType = { readonly kind: 'storage type'; readonly dtype: Dtype | undefined };

/** Numbers that lie elsewhere in the file. */
export type StorageReference = {
  readonly kind: 'storage';
  readonly key: string;
  /** Undefined: its elements are bytes, and the tensor says what they mean. */
  readonly dtype: Dtype | undefined;
  /** All elements under the key. */
  readonly elements: number;
  /** The part that is meant, in elements: all of them but in views of old files. */
  readonly start: number;
  readonly length: number;
};

export type DtypeValue = { readonly kind: 'dtype'; readonly dtype: Dtype };
export type DeviceValue = { readonly kind: 'device'; readonly name: string };

/** A tensor as the file describes it. Every element lies in the storage: that has been checked. */
export type CheckpointTensor = {
  readonly kind: 'tensor';
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** In elements, by dimension. */
  readonly stride: readonly number[];
  /** Of the first element, in elements from the start of the storage. */
  readonly offset: number;
  readonly storage: { readonly key: string; readonly bytes: number };
  readonly requiresGrad: boolean;
  readonly parameter: boolean;
};

/** Values with a `kind`. */
export type PickleObject = Extract<PickleValue, { readonly kind: string }>;

export function isObject(value: PickleValue | undefined): value is PickleObject {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array);
}

/** The values of a kind; one type may have several kinds. */
type OfKind<Kind, Value = PickleObject> = Value extends { readonly kind: infer Own }
  ? Kind & Own extends never
    ? never
    : Value
  : never;

/** Whether a value is of one of these kinds. */
export function isKind<const Kind extends PickleObject['kind']>(
  value: PickleValue | undefined,
  ...kinds: readonly Kind[]
): value is OfKind<Kind> {
  return isObject(value) && (kinds as readonly string[]).includes(value.kind);
}

/** Elements of a shape. */
export const elementCount = (shape: readonly number[]): number =>
  shape.reduce((product, size) => product * size, 1);
