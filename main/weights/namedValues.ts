import { limits } from './limits.ts';
import { keyText } from './plainText.ts';
import type { Refuse } from './refusal.ts';
import {
  type CheckpointTensor,
  isKind,
  isObject,
  type PickleObject,
  type PickleValue,
} from './values.ts';

/** Everything in a checkpoint by its path, e.g. `model/norm.bias`, `optimizer/param_groups/0/lr`. */
export type NamedValues = {
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** What is no tensor: plain values, lists of them, inert records. */
  readonly values: ReadonlyMap<string, PickleValue>;
};

/** @throws AppError `bad-weights` over the limits of depth and number, and where two tensors have one path */
export function nameValues(root: PickleValue, refuse: Refuse): NamedValues {
  const naming = new Naming(refuse);
  naming.visit(root, '', 0);
  return naming;
}

class Naming implements NamedValues {
  readonly tensors = new Map<string, CheckpointTensor>();
  readonly values = new Map<string, PickleValue>();
  readonly #refuse: Refuse;
  /** Of objects seen: whether a tensor is somewhere below. */
  readonly #holdsTensor = new Map<PickleObject, boolean>();
  readonly #leaves = new Map<PickleObject, boolean>();
  #visited = 0;

  constructor(refuse: Refuse) {
    this.#refuse = refuse;
  }

  visit(value: PickleValue, path: string, depth: number): void {
    this.#visited += 1;
    if (this.#visited > limits.named)
      throw this.#refuse(`it names more than ${limits.named} values`);
    this.#checkDepth(depth);
    if (isKind(value, 'tensor')) this.#add(this.tensors, path, value);
    else if (this.#isLeaf(value, depth)) this.#add(this.values, path, value);
    else for (const [key, inner] of parts(value)) this.visit(inner, join(path, key), depth + 1);
  }

  #add<Value>(map: Map<string, Value>, path: string, value: Value): void {
    if (path.length > limits.nameLength) throw this.#refuse('it has an endless name');
    if (this.tensors.has(path) || this.values.has(path))
      throw this.#refuse(`two of its values are called "${path}"`);
    map.set(path, value);
    if (this.tensors.size > limits.entries)
      throw this.#refuse(`it has more than ${limits.entries} tensors`);
  }

  /** Dictionaries are opened; lists and records where a tensor lies below, lists of dictionaries too. */
  #isLeaf(
    value: PickleValue,
    depth: number,
  ): value is Exclude<PickleValue, { readonly kind: 'tensor' }> {
    if (!isObject(value)) return true;
    if (value.kind === 'dict') return false;
    const known = this.#leaves.get(value);
    if (known !== undefined) return known;
    const ofDictionaries =
      isKind(value, 'list', 'tuple', 'set') && value.items.some((item) => isKind(item, 'dict'));
    const leaf = !ofDictionaries && !this.#tensorBelow(value, depth);
    this.#leaves.set(value, leaf);
    return leaf;
  }

  #tensorBelow(value: PickleValue, depth: number): boolean {
    if (!isObject(value)) return false;
    if (value.kind === 'tensor') return true;
    const known = this.#holdsTensor.get(value);
    if (known !== undefined) return known;
    this.#checkDepth(depth);
    // A value that holds itself says nothing new about itself.
    this.#holdsTensor.set(value, false);
    let found = false;
    for (const [, inner] of parts(value)) found = this.#tensorBelow(inner, depth + 1) || found;
    this.#holdsTensor.set(value, found);
    return found;
  }

  #checkDepth(depth: number): void {
    if (depth > limits.depth)
      throw this.#refuse(`its values are nested more than ${limits.depth} deep`);
  }
}

const join = (path: string, key: string): string => (path === '' ? key : `${path}/${key}`);

/** What a value consists of, by name. */
function* parts(value: PickleValue): Generator<readonly [key: string, value: PickleValue]> {
  if (isKind(value, 'list', 'tuple', 'set', 'size')) yield* indexed(value.items);
  else if (isKind(value, 'dict')) yield* keyed(value.entries);
  else if (isKind(value, 'record')) {
    yield* indexed(value.args);
    // The state of an object is its attributes: they go by their own names.
    if (isKind(value.state, 'dict')) yield* keyed(value.state.entries);
    else if (value.state !== undefined) yield ['state', value.state];
    yield* indexed(value.items ?? []);
    yield* keyed(value.entries);
  }
}

function* indexed(items: readonly PickleValue[]): Generator<readonly [string, PickleValue]> {
  for (let i = 0; i < items.length; i++) yield [String(i), items[i]!];
}

function* keyed(
  entries: ReadonlyMap<PickleValue, PickleValue> | undefined,
): Generator<readonly [string, PickleValue]> {
  for (const [key, value] of entries ?? []) yield [keyText(key), value];
}
