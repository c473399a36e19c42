// What the names in a checkpoint stand for: the few that make up tensors and plain values. Any other becomes an inert record.
import { dtypes, storageDtypes } from './dtypes.ts';
import { isHostile } from './hostile.ts';
import { limits } from './limits.ts';
import type { Meaning } from './pickleMachine.ts';
import { asParameter, rebuildTensor } from './rebuildTensor.ts';
import type { Refuse } from './refusal.ts';
import {
  isKind,
  type PickleDict,
  type PickleGlobal,
  type PickleList,
  type PickleValue,
  type StorageReference,
} from './values.ts';

type Args = readonly PickleValue[];

type Making = {
  readonly refuse: Refuse;
  /** Counts bytes that are copied: a value that is copied again and again must not fill the memory. */
  readonly spend: (bytes: number) => void;
};

type Constructor = (args: Args, making: Making) => PickleValue;

/** About what an entry of a map takes. */
const entryBytes = 32;

const constructors: Readonly<Record<string, Constructor>> = {
  'collections.OrderedDict': dictionary,
  // Its first argument makes missing entries; there are none to make.
  'collections.defaultdict': ([, ...args], making) => dictionary(args, making),
  'builtins.dict': dictionary,
  '__builtin__.dict': dictionary,
  'builtins.set': (args, making) => sequence('set', args, making),
  '__builtin__.set': (args, making) => sequence('set', args, making),
  'builtins.frozenset': (args, making) => sequence('set', args, making),
  '__builtin__.frozenset': (args, making) => sequence('set', args, making),
  'torch.Size': (args, making) => sequence('size', args, making),
  'torch.device': ([type, index]) => ({
    kind: 'device',
    name: typeof index === 'number' ? `${scalarText(type)}:${index}` : scalarText(type),
  }),
  // How protocol 2 writes bytes.
  '_codecs.encode': ([text, encoding], { refuse, spend }) => {
    if (typeof text !== 'string' || encoding !== 'latin1')
      throw refuse('its pickle has bytes in an unknown form');
    spend(text.length);
    return new Uint8Array(Buffer.from(text, 'latin1'));
  },
  'torch._utils._rebuild_tensor': ([storage, offset, size, stride], { refuse }) =>
    rebuildTensor({ storage, offset, size, stride }, refuse),
  'torch._utils._rebuild_tensor_v2': ([storage, offset, size, stride, grad], { refuse }) =>
    rebuildTensor({ storage, offset, size, stride, grad }, refuse),
  'torch._utils._rebuild_tensor_v3': (args, { refuse }) => {
    const [storage, offset, size, stride, grad, , dtype] = args;
    return rebuildTensor({ storage, offset, size, stride, grad, dtype }, refuse);
  },
  'torch._utils._rebuild_parameter': ([tensor, grad], { refuse }) =>
    asParameter(tensor, grad, refuse),
  'torch._utils._rebuild_parameter_with_state': ([tensor, grad], { refuse }) =>
    asParameter(tensor, grad, refuse),
};

/** @param refuse makes the error for what cannot be meant */
export function checkpointMeaning(refuse: Refuse): Meaning {
  let spent = 0;
  const making: Making = {
    refuse,
    spend: (bytes) => {
      spent += bytes;
      if (spent > limits.pickleBytes) throw refuse('it copies its values again and again');
    },
  };
  return {
    global: (module, name) => globalValue(module, name, refuse),
    call: (callee, args) => {
      const construct = Object.hasOwn(constructors, callee.name)
        ? constructors[callee.name]
        : undefined;
      return construct?.(args, making) ?? { kind: 'record', name: callee.name, args };
    },
    persistent: (id) => storageReference(id, refuse),
  };
}

function globalValue(module: string, name: string, refuse: Refuse): PickleValue {
  if (isHostile(module, name))
    throw refuse(
      `it names ${module}.${name}, which is a program and not data`,
      'It was made to attack whoever opens it: delete it and get the weights from their publisher.',
    );
  if (/^torch(\.cuda|\.storage)?$/.test(module)) {
    const dtype = module === 'torch' ? dtypes.get(name) : undefined;
    if (dtype !== undefined) return { kind: 'dtype', dtype };
    if (name === 'UntypedStorage') return { kind: 'storage type', dtype: undefined };
    const ofStorage = storageDtypes.get(name);
    if (ofStorage !== undefined) return { kind: 'storage type', dtype: ofStorage };
  }
  return { kind: 'global', name: `${module}.${name}` } satisfies PickleGlobal;
}

/** From nothing, from a dictionary, or from a list of pairs. */
function dictionary([from]: Args, { refuse, spend }: Making): PickleDict {
  if (from === undefined) return { kind: 'dict' };
  if (isKind(from, 'dict')) {
    spend((from.entries?.size ?? 0) * entryBytes);
    return { kind: 'dict', entries: new Map(from.entries) };
  }
  if (!isKind(from, 'list', 'tuple'))
    throw refuse('its pickle has a dictionary made of something else');
  spend(from.items.length * entryBytes);
  const entries = new Map<PickleValue, PickleValue>();
  for (const pair of from.items) {
    if (!isKind(pair, 'list', 'tuple') || pair.items.length !== 2)
      throw refuse('its pickle has a dictionary made of something else than pairs');
    entries.set(pair.items[0]!, pair.items[1]!);
  }
  return { kind: 'dict', entries };
}

function sequence(kind: 'set' | 'size', [from]: Args, { spend }: Making): PickleList {
  if (!isKind(from, 'list', 'tuple', 'set')) return { kind, items: [] };
  spend(from.items.length * 8);
  return { kind, items: [...from.items] };
}

const scalarText = (value: PickleValue | undefined): string =>
  typeof value === 'string' ? value.slice(0, 100) : '?';

/** `('storage', type, key, device, elements[, view])`; a view of old files is `(key, start, elements)` or None. */
function storageReference(id: PickleValue, refuse: Refuse): StorageReference {
  if (!isKind(id, 'tuple'))
    throw refuse('its pickle refers to something outside that is no tensor');
  const [tag, type, key, , elements, view] = id.items;
  const named = typeof key === 'string' || typeof key === 'number';
  if (tag !== 'storage' || !isKind(type, 'storage type') || !named || !isCount(elements))
    throw refuse('its pickle refers to something outside that is no tensor');
  const whole = { kind: 'storage', key: String(key), dtype: type.dtype, elements } as const;
  if (!isKind(view, 'tuple')) return { ...whole, start: 0, length: elements };
  const [, start, length] = view.items;
  if (!isCount(start) || !isCount(length) || start + length > elements)
    throw refuse(`a view of storage "${whole.key}" reaches beyond it`);
  return { ...whole, start, length };
}

const isCount = (value: PickleValue | undefined): value is number =>
  Number.isSafeInteger(value) && (value as number) >= 0;
