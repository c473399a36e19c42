import { limits } from './limits.ts';
import type { Refuse } from './refusal.ts';
import { type CheckpointTensor, elementCount, isKind, type PickleValue } from './values.ts';

/** As PyTorch's `_rebuild_tensor…` gets them. */
export type TensorParts = Readonly<
  Record<'storage' | 'offset' | 'size' | 'stride', PickleValue | undefined>
> & { readonly grad?: PickleValue | undefined; readonly dtype?: PickleValue | undefined };

/**
 * A tensor over a storage. Checked before anything is allocated for it.
 * @throws AppError `bad-weights` where sizes are no sizes or an element lies outside the storage
 */
export function rebuildTensor(parts: TensorParts, refuse: Refuse): CheckpointTensor {
  const { storage, offset } = parts;
  if (!isKind(storage, 'storage')) throw refuse('it has a tensor without numbers');
  const given = isKind(parts.dtype, 'dtype') ? parts.dtype.dtype : undefined;
  const dtype = given ?? storage.dtype;
  if (dtype === undefined) throw refuse('it has a tensor without a type');
  const unit = storage.dtype?.bytes ?? 1;
  // An offset counts elements of the tensor, whatever those of the storage are.
  const first = (storage.start * unit) / dtype.bytes;
  const shape = sizesOf(parts.size, refuse);
  const stride = sizesOf(parts.stride, refuse);
  if (shape.length !== stride.length || !isSize(offset) || !Number.isInteger(first))
    throw refuse('it has a tensor whose shape, stride and offset do not belong together');
  const end = lastElement(shape, stride) + offset + 1;
  const room = Math.floor((storage.length * unit) / dtype.bytes);
  const count = elementCount(shape);
  if (!Number.isSafeInteger(count))
    throw refuse(`it has a tensor of the absurd shape (${shape.join(', ')})`);
  if (count > 0 && end > room)
    throw refuse(
      `it has a tensor of shape (${shape.join(', ')}) that needs ${end} elements of a storage of ${room}`,
    );
  return {
    kind: 'tensor',
    dtype,
    shape,
    stride,
    offset: offset + first,
    storage: { key: storage.key, bytes: storage.elements * unit },
    requiresGrad: parts.grad === true,
    parameter: false,
  };
}

/** A tensor that is trained. */
export function asParameter(
  tensor: PickleValue | undefined,
  grad: PickleValue | undefined,
  refuse: Refuse,
): CheckpointTensor {
  if (!isKind(tensor, 'tensor')) throw refuse('it has a parameter without a tensor');
  return { ...tensor, parameter: true, requiresGrad: grad === true };
}

function sizesOf(value: PickleValue | undefined, refuse: Refuse): readonly number[] {
  if (!isKind(value, 'tuple', 'size', 'list')) throw refuse('it has a tensor without a shape');
  if (value.items.length > limits.rank)
    throw refuse(
      `it has a tensor of ${value.items.length} dimensions, at most ${limits.rank} are read`,
    );
  if (!value.items.every(isSize))
    throw refuse('it has a tensor whose shape is not of whole numbers');
  return value.items;
}

const isSize = (value: PickleValue | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;

/** Index of the last element relative to the first. May be beyond what a number holds exactly: then it is far too large. */
function lastElement(shape: readonly number[], stride: readonly number[]): number {
  return shape.reduce((sum, size, i) => sum + Math.max(0, size - 1) * stride[i]!, 0);
}
