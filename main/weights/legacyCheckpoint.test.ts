import { describe, expect, it } from 'vitest';
import { askReferee, hasModule } from '../vector/testing/referee.ts';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import {
  bytesOf,
  dict,
  floats,
  global,
  int,
  legacyCheckpoint,
  pickle,
  reduce,
  tensor,
  text,
  tuple,
} from './testing/checkpointWriter.ts';

const { fileOf, open, refusalOf } = checkpointFiles();

describe('views of storages, as PyTorch had them before 0.4', () => {
  const six = { elements: 6, shape: [2], stride: [1] };
  const bytes = legacyCheckpoint(
    pickle(
      dict(
        ['all', tensor({ ...six, shape: [6], view: null })],
        ['middle', tensor({ ...six, view: ['m', 2, 3] })],
        ['later', tensor({ ...six, offset: 1, view: ['m', 2, 3] })],
      ),
    ),
    { 0: floats(1, 2, 3, 4, 5, 6) },
  );
  const wanted = { all: [1, 2, 3, 4, 5, 6], middle: [3, 4], later: [4, 5] };

  it('begin where they say', async () => {
    const file = await open(bytes);
    for (const [name, values] of Object.entries(wanted))
      expect([...new Float32Array((await file.read(name)).buffer)]).toEqual(values);
    await file.close();
  });

  it.skipIf(!hasModule('torch'))('as torch.load has it (skipped without it)', () => {
    const found = askReferee<typeof wanted>(
      `
import json, sys, torch
loaded = torch.load(json.load(sys.stdin), weights_only=True)
json.dump({name: values.tolist() for name, values in loaded.items()}, sys.stdout)
`,
      fileOf(bytes),
    );
    expect(found).toEqual(wanted);
  });

  it('one that reaches beyond it is refused', async () => {
    const content = pickle(dict(['w', tensor({ ...six, offset: 2, view: ['m', 2, 3] })]));
    const { message } = await refusalOf(legacyCheckpoint(content, { 0: floats(1, 2, 3, 4, 5, 6) }));
    expect(message).toMatch(/needs 4 elements of a storage of 3/);
  });
});

describe('a stream of pickles that is not as PyTorch writes it', () => {
  const magic = pickle(0x8a, 10, Buffer.from('6cfc9c46f9206aa85019', 'hex'));
  const version = pickle(int(1001));
  const machine = pickle(dict(['little_endian', bytesOf(0x88)]));
  const one = tensor({ elements: 2, shape: [2], stride: [1] });
  const content = pickle(dict(['w', one]));
  const order = (...keys: readonly Uint8Array[]): Buffer => pickle('](', ...keys, 'e');
  const stored = (elements: number, bytes: Uint8Array): Buffer => {
    const count = Buffer.alloc(8);
    count.writeBigInt64LE(BigInt(elements));
    return bytesOf(count, bytes);
  };
  const numbers = stored(2, floats(1, 2));
  const to = (...parts: readonly Uint8Array[]): Buffer =>
    bytesOf(magic, version, machine, ...parts);

  it.each([
    ['another first number', bytesOf(pickle(int(7)), version, machine), /pickle of something else/],
    ['another version', bytesOf(magic, pickle(int(1002)), machine), /version is not 1001/],
    [
      'numbers of a big-endian machine',
      bytesOf(magic, version, pickle(dict(['little_endian', bytesOf(0x89)])), content),
      /not little-endian/,
    ],
    [
      'one storage of two lengths',
      to(pickle(dict(['w', one], ['v', tensor({ elements: 3, shape: [2], stride: [1] })]))),
      /storage "0" is described in two ways/,
    ],
    [
      'one storage of two types',
      to(
        pickle(
          dict(
            ['w', one],
            ['v', tensor({ elements: 2, shape: [2], stride: [1], type: 'IntStorage' })],
          ),
        ),
      ),
      /storage "0" is described in two ways/,
    ],
    ['no order of storages', to(content, pickle('N')), /order of its storages is missing/],
    ['20,001 storages', to(content, pickle('](', 'N'.repeat(20_001), 'e')), /has 20001 storages/],
    ['a storage that nothing mentions', to(content, order(text('1')), numbers), /names "1", which/],
    [
      'a storage that comes twice',
      to(content, order(text('0'), text('0')), numbers, numbers),
      /names "0", which is not in its content or twice/,
    ],
    [
      'another number of elements',
      to(content, order(text('0')), stored(3, floats(1, 2, 3))),
      /another number of elements/,
    ],
    [
      'a storage that is cut off',
      to(content, order(text('0')), stored(2, floats(1))),
      /storage "0" is cut off/,
    ],
    ['a tensor that is in no storage', to(content, order()), /numbers of "w" are not in it/],
  ])('%s is refused', async (_, bytes, why) => {
    expect((await refusalOf(bytes)).message).toMatch(why);
  });

  it('machines that say nothing of themselves and keys that are numbers are read', async () => {
    const storage = tuple(
      text('storage'),
      global('torch', 'FloatStorage'),
      int(94),
      text('cpu'),
      int(2),
    );
    const rebuilt = reduce(
      global('torch._utils', '_rebuild_tensor'),
      bytesOf(storage, 'Q'),
      int(0),
      tuple(int(2)),
      tuple(int(1)),
    );
    const bytes = bytesOf(
      magic,
      version,
      pickle('N'),
      pickle(dict(['w', rebuilt])),
      order(int(94)),
      numbers,
    );
    const file = await open(bytes);
    expect([...new Float32Array((await file.read('w')).buffer)]).toEqual([1, 2]);
    await file.close();
  });

  it('storages of bytes are read as the type that the tensor has', async () => {
    const storage = tuple(
      text('storage'),
      global('torch', 'UntypedStorage'),
      text('0'),
      text('cpu'),
      int(8),
    );
    const rebuilt = reduce(
      global('torch._utils', '_rebuild_tensor_v3'),
      bytesOf(storage, 'Q'),
      int(1),
      tuple(int(1)),
      tuple(int(1)),
      bytesOf(0x89),
      reduce(global('collections', 'OrderedDict')),
      global('torch', 'uint32'),
    );
    const file = await open(
      to(
        pickle(dict(['w', rebuilt])),
        order(text('0')),
        stored(8, Buffer.from([1, 0, 0, 0, 2, 0, 0, 0])),
      ),
    );
    expect(file.tensors.get('w')).toMatchObject({ dtype: 'uint32', shape: [1] });
    expect(new Uint32Array((await file.read('w')).buffer)).toEqual(new Uint32Array([2]));
    await file.close();
  });
});
