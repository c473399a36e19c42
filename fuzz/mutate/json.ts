import type { Random } from '../../app/random.ts';
import { mutateBytes, pick } from './bytes.ts';

/** Texts of JSON values that no schema asks for. */
const values = [
  'null',
  'true',
  '0',
  '-1',
  '-0',
  '1e400',
  '-1e400',
  '1e-400',
  '0.1',
  '9007199254740993',
  '4294967296',
  '""',
  '"\\u0000"',
  '"\\ud800"',
  '"__proto__"',
  '"../../../etc/passwd"',
  '"/etc/passwd"',
  '"http://127.0.0.1:9/"',
  '"NaN"',
  '"٣"',
  '[]',
  '[[[]]]',
  '{}',
  '{"__proto__":{"polluted":true}}',
  '{"constructor":{"prototype":{"polluted":true}}}',
  '[null,null]',
];

const deep = 100_000;
const hugeValues: readonly (() => string)[] = [
  () => `${'['.repeat(deep)}${']'.repeat(deep)}`,
  () => `${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}`,
  () => JSON.stringify('A'.repeat(70_000)),
  () => `[${'0,'.repeat(30_000)}0]`,
  () => `{${Array.from({ length: 5000 }, (_, i) => `"k${i}":0`).join()}}`,
  () => '9'.repeat(5000),
];

const keys = ['__proto__', 'constructor', 'prototype', 'toString', 'length', '', 'x', '\0', 'id'];

/** One in so many changed values is long or deep. */
const hugeOneIn = 80;

/** A value as JSON text, in which one node is another. Objects keep their order, `__proto__` is a key like any other. */
function withChange(value: unknown, at: number, change: (node: unknown) => string): string {
  let count = 0;
  const write = (node: unknown): string => {
    if (count++ === at) return change(node);
    if (Array.isArray(node)) return `[${node.map(write).join()}]`;
    if (typeof node !== 'object' || node === null) return JSON.stringify(node);
    const entries = Object.entries(node).map(
      ([key, one]) => `${JSON.stringify(key)}:${write(one)}`,
    );
    return `{${entries.join()}}`;
  };
  return write(value);
}

function countNodes(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, one) => sum + countNodes(one), 1);
}

function oddValue(random: Random): string {
  return random.integer(hugeOneIn) === 0 ? pick(hugeValues, random)() : pick(values, random);
}

type Entry = readonly [key: string, text: string];

const textOf = (entries: readonly Entry[]): string =>
  `{${entries.map(([key, text]) => `${JSON.stringify(key)}:${text}`).join()}}`;

/** Another text for a node. */
function changed(node: unknown, random: Random): string {
  if (Array.isArray(node) && random.integer(2) === 0) return changedList(node, random);
  if (typeof node !== 'object' || node === null || random.integer(3) === 0) return oddValue(random);
  const entries = Object.entries(node).map(([key, one]): Entry => [key, JSON.stringify(one)]);
  const at = random.integer(entries.length + 1);
  switch (random.integer(4)) {
    case 0:
      return textOf(entries.filter((_, i) => i !== at));
    case 1:
      return textOf([...entries, [pick(keys, random), oddValue(random)]]);
    case 2:
      // A key twice.
      return textOf([...entries, [entries[at]?.[0] ?? 'x', oddValue(random)]]);
    default:
      return textOf(entries.map(([key, text], i) => [i === at ? pick(keys, random) : key, text]));
  }
}

function changedList(list: readonly unknown[], random: Random): string {
  const texts = list.map((one) => JSON.stringify(one));
  const at = random.integer(texts.length + 1);
  const operation = random.integer(3);
  if (operation === 0) texts.splice(at, 1);
  else if (operation === 1) texts.splice(at, 0, oddValue(random));
  else texts.push(...texts);
  return `[${texts.join()}]`;
}

/** Damages a JSON value in one to three places; one case in six loses its syntax instead. */
export function mutateJson(value: unknown, random: Random): Buffer {
  if (random.integer(6) === 0)
    return mutateBytes(Buffer.from(JSON.stringify(value)), random, false);
  let current = value;
  let text = JSON.stringify(value);
  for (let times = 1 + random.integer(3); times > 0; times--) {
    const node = random.integer(countNodes(current));
    text = withChange(current, node, (one) => changed(one, random));
    // What is long, deep or twice would be lost by reading it again.
    if (times > 1 && text.length < 50_000) current = JSON.parse(text) as unknown;
    else break;
  }
  return Buffer.from(text);
}
