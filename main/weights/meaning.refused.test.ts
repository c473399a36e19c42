import { describe, expect, it } from 'vitest';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import {
  bytesOf,
  dict,
  floats,
  global,
  int,
  list,
  none,
  pickle,
  reduce,
  tensor,
  text,
  tuple,
  zipCheckpoint,
} from './testing/checkpointWriter.ts';

const { refusalOf } = checkpointFiles();

/** LONG_BINPUT to one place more of the memo than is kept. */
const everyPlace = Buffer.alloc(5 * 1_000_001, 'r');
for (let i = 0; i < 1_000_001; i++) everyPlace.writeUInt32LE(i, 5 * i + 1);

describe('values that say two things or nothing', () => {
  const made = (name: string, ...args: readonly Uint8Array[]): Buffer =>
    reduce(global('torch._utils', name), ...args);
  const storage = (tag: string, type: Uint8Array, key: Uint8Array, elements: Uint8Array): Buffer =>
    bytesOf(tuple(text(tag), type, key, text('cpu'), elements), 'Q');
  const float = global('torch', 'FloatStorage');
  const good = storage('storage', float, text('0'), int(4));
  const sizes = tuple(int(4));
  const strides = tuple(int(1));

  it.each([
    [
      'bytes in an unknown encoding',
      reduce(global('_codecs', 'encode'), text('x'), text('utf-9')),
      /bytes in an unknown form/,
    ],
    [
      'bytes of a number',
      reduce(global('_codecs', 'encode'), int(1), text('latin1')),
      /bytes in an unknown form/,
    ],
    [
      'a dictionary of a number',
      reduce(global('builtins', 'dict'), int(1)),
      /dictionary made of something else/,
    ],
    [
      'a dictionary of numbers',
      reduce(global('builtins', 'dict'), list(int(1))),
      /something else than pairs/,
    ],
    [
      'a dictionary of triples',
      reduce(global('builtins', 'dict'), list(tuple(none, none, none))),
      /something else than pairs/,
    ],
    ['a reference that is text', bytesOf(text('elsewhere'), 'Q'), /refers to something outside/],
    [
      'a reference to a module',
      storage('module', float, text('0'), int(4)),
      /refers to something outside/,
    ],
    [
      'a reference of no type',
      storage('storage', none, text('0'), int(4)),
      /refers to something outside/,
    ],
    [
      'a reference without a key',
      storage('storage', float, none, int(4)),
      /refers to something outside/,
    ],
    [
      'a reference to −1 elements',
      storage('storage', float, text('0'), int(-1)),
      /refers to something outside/,
    ],
    [
      'a tensor of a list',
      made('_rebuild_tensor_v2', list(), int(0), sizes, strides),
      /tensor without numbers/,
    ],
    [
      'a tensor of untyped numbers',
      made(
        '_rebuild_tensor_v2',
        storage('storage', global('torch', 'UntypedStorage'), text('0'), int(16)),
        int(0),
        sizes,
        strides,
      ),
      /tensor without a type/,
    ],
    [
      'a tensor without a shape',
      made('_rebuild_tensor', good, int(0), none, strides),
      /tensor without a shape/,
    ],
    [
      'a parameter of text',
      made('_rebuild_parameter', text('w'), bytesOf(0x88)),
      /parameter without a tensor/,
    ],
    [
      'a view that ends beyond',
      tensor({ elements: 4, shape: [1], stride: [1], view: ['v', 2, 3] }),
      /view of storage "0" reaches beyond it/,
    ],
    [
      'a view that starts before',
      tensor({ elements: 4, shape: [1], stride: [1], view: ['v', -1, 3] }),
      /view of storage "0" reaches beyond it/,
    ],
    [
      'a view of −1 elements',
      tensor({ elements: 4, shape: [1], stride: [1], view: ['v', 0, -1] }),
      /view of storage "0" reaches beyond it/,
    ],
    ['an entry appended to a dictionary', bytesOf('}', none, 'a'), /appends to what is no list/],
    [
      'an entry set in a list',
      bytesOf(']', none, none, 's'),
      /sets entries of what is no dictionary/,
    ],
    ['a key without a value', bytesOf('}(', none, 'u'), /sets entries of what is no dictionary/],
    [
      'a class named by a number',
      bytesOf(text('torch'), int(1), 0x93),
      /names a class by something else/,
    ],
    [
      'a module named by a number',
      bytesOf(int(1), text('Size'), 0x93),
      /names a class by something else/,
    ],
    [
      'a class of an endless name',
      bytesOf(text('a'.repeat(600)), text('b'.repeat(600)), 0x93),
      /endless name/,
    ],
    ['a call of text', reduce(text('system')), /calls what is no class/],
    ['a call with a list', bytesOf(global('a', 'B'), ']R'), /calls what is no class/],
    ['a number that is changed', bytesOf(int(1), '}b'), /changes what is no object/],
    ['a class of an endless line', bytesOf('cos'), /ends too soon/],
  ])('%s is refused', async (_, value, why) => {
    expect(
      (await refusalOf(zipCheckpoint(pickle(dict(['x', value])), { 0: floats(1, 2, 3, 4) })))
        .message,
    ).toMatch(why);
  });

  it.each([
    [
      'of one path',
      dict(['a/b', int(1)], ['a', dict(['b', int(2)])]),
      /two of its values are called "a\/b"/,
    ],
    [
      'of an endless path',
      dict(['a'.repeat(600), dict(['b'.repeat(600), int(1)])]),
      /endless name/,
    ],
    [
      'of 20,001 names',
      bytesOf(
        tensor({ elements: 1, shape: [1], stride: [1] }),
        'q',
        0,
        '0](',
        'h\0'.repeat(20_001),
        'e',
      ),
      /more than 20000 tensors/,
    ],
    [
      'of a million places in the memo',
      bytesOf('N', everyPlace),
      /remembers more than 1000000 values/,
    ],
  ])('values %s are refused', async (_, value, why) => {
    expect((await refusalOf(zipCheckpoint(pickle(value), { 0: floats(1) }))).message).toMatch(why);
  });
});
