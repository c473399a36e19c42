import { isKind, type PickleObject, type PickleRecord, type PickleValue } from './values.ts';

/** Characters shown of one value, about, and how deep: a few bytes can stand for 10³⁰ values. */
const shown = 60_000;
const shownDepth = 20;

type Entries = ReadonlyMap<PickleValue, PickleValue> | undefined;

/** A value as JSON for people and metadata. Text stays as it is; an inert record bears the name of its class. */
export function plainText(value: PickleValue): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(new Plainer().plain(value, 0));
}

/** A key of a dictionary: nearly always text or a whole number. */
export function keyText(key: PickleValue): string {
  if (typeof key === 'string') return key;
  if (isKind(key, 'tuple'))
    return key.items
      .slice(0, 8)
      .map((item) => (typeof item === 'object' ? '…' : String(item)))
      .join(', ');
  return typeof key === 'object' && key !== null ? '…' : String(key);
}

class Plainer {
  #left = shown;

  plain(value: PickleValue, depth: number): unknown {
    this.#left -= 4;
    if (typeof value === 'string') return this.#text(value);
    if (typeof value === 'bigint') return this.#text(value.toString());
    if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
    if (value instanceof Uint8Array) return `<${value.length} bytes>`;
    if (typeof value !== 'object' || value === null) return value;
    return depth < shownDepth ? this.#object(value, depth + 1) : '…';
  }

  #object(value: PickleObject, depth: number): unknown {
    switch (value.kind) {
      case 'list':
      case 'tuple':
      case 'set':
      case 'size':
        return this.#list(value.items, depth);
      case 'dict':
        return this.#record(value.entries, depth);
      case 'record':
        return this.#inert(value, depth);
      case 'global':
        return { class: value.name };
      case 'dtype':
        return `torch.${value.dtype.name}`;
      case 'device':
        return value.name;
      case 'tensor':
        return `<tensor ${value.dtype.name} (${value.shape.join(', ')})>`;
      case 'storage':
      case 'storage type':
        return `<${value.kind}>`;
    }
  }

  #inert({ name, args, state, items, entries }: PickleRecord, depth: number): unknown {
    return {
      class: name,
      ...(args.length > 0 && { arguments: this.#list(args, depth) }),
      ...(state !== undefined && { state: this.plain(state, depth) }),
      ...(items !== undefined && { items: this.#list(items, depth) }),
      ...(entries !== undefined && { entries: this.#record(entries, depth) }),
    };
  }

  #text(text: string): string {
    const cut = text.length > this.#left ? `${text.slice(0, Math.max(0, this.#left))}…` : text;
    this.#left -= cut.length;
    return cut;
  }

  #list(items: readonly PickleValue[], depth: number): unknown[] {
    const result: unknown[] = [];
    for (const item of items) {
      if (this.#left <= 0) return [...result, '…'];
      result.push(this.plain(item, depth));
    }
    return result;
  }

  #record(entries: Entries, depth: number): unknown {
    const result: [string, unknown][] = [];
    for (const [key, value] of entries ?? []) {
      if (this.#left <= 0) break;
      result.push([this.#text(keyText(key)), this.plain(value, depth)]);
    }
    return Object.fromEntries(result);
  }
}
