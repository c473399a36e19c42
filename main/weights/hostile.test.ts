import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { python } from '../vector/testing/referee.ts';
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
  zipCheckpoint,
  zipFile,
} from './testing/checkpointWriter.ts';

const { folder, fileOf, open, refusalOf } = checkpointFiles();
const canary = join(folder, 'canary');

const touch = text(`touch ${canary}`);
const pythonTouch = text(`open(${JSON.stringify(canary)}, "w")`);

/** Each would write the canary if anything of it were run. */
const attacks: Readonly<Record<string, Buffer>> = {
  'os.system by REDUCE': pickle(reduce(global('os', 'system'), touch)),
  'posix.system by REDUCE': pickle(reduce(global('posix', 'system'), touch)),
  'eval by GLOBAL': pickle(reduce(global('builtins', 'eval'), pythonTouch)),
  'exec under its old name': pickle(reduce(global('__builtin__', 'exec'), pythonTouch)),
  'system by STACK_GLOBAL': bytesOf(
    0x80,
    4,
    bytesOf(0x8c, 5, 'posix', 0x94, 0x8c, 6, 'system', 0x94, 0x93),
    tuple(touch),
    'R.',
  ),
  'STACK_GLOBAL as the first opcode, names from the memo': bytesOf(
    0x80,
    4,
    bytesOf(0x8c, 5, 'posix', 'q', 1, '0', 0x8c, 6, 'system', 'q', 2, '0', 'h', 1, 'h', 2, 0x93),
    tuple(touch),
    'R.',
  ),
  'system by INST': pickle('(', touch, 'iposix\nsystem\n'),
  'system by OBJ': pickle('(', global('posix', 'system'), touch, 'o'),
  'an attack as an argument of a record': pickle(
    reduce(global('argparse', 'Namespace'), reduce(global('posix', 'system'), touch)),
  ),
  'an attack as an entry beside a tensor': pickle(
    dict(
      ['w', tensor({ elements: 2, shape: [2], stride: [1] })],
      ['x', reduce(global('posix', 'system'), touch)],
    ),
  ),
  'an attack as a tensor': pickle(
    reduce(global('torch._utils', '_rebuild_tensor_v2'), reduce(global('posix', 'system'), touch)),
  ),
  'an attack as a persistent id': pickle(reduce(global('posix', 'system'), touch), 'Q'),
  'getattr of a module': pickle(
    reduce(global('builtins', 'getattr'), global('os', 'path'), text('system')),
  ),
  'a nested load': pickle(reduce(global('torch', 'load'), text('other.pth'))),
  'a nested pickle': pickle(reduce(global('pickle', 'loads'), text('x'))),
  pip: pickle(reduce(global('pip', 'main'), text('install'))),
  'a submodule of a hostile one': pickle(
    reduce(global('asyncio.unix_events', '_UnixSubprocessTransport._start'), touch),
  ),
  timeit: pickle(reduce(global('timeit', 'timeit'), pythonTouch)),
  importlib: pickle(reduce(global('importlib', 'import_module'), text('os'))),
};

describe('a pickle that would run code', () => {
  it.each(Object.entries(attacks))(
    '%s is refused, in either format, and nothing runs',
    async (_, attack) => {
      for (const bytes of [
        zipCheckpoint(attack, { 0: floats(1, 2) }),
        legacyCheckpoint(attack, { 0: floats(1, 2) }),
      ]) {
        const { message } = await refusalOf(bytes);
        expect(message).toMatch(/program and not data|opcode 0x/);
      }
      expect(existsSync(canary)).toBe(false);
    },
  );

  it.skipIf(python === undefined)(
    'the same bytes do run where a pickle is loaded by Python (skipped without it)',
    () => {
      const path = fileOf(attacks['os.system by REDUCE']!);
      const script = 'import pickle, sys; pickle.load(open(sys.argv[1], "rb"))';
      execFileSync(python!, ['-c', script, path]);
      expect(existsSync(canary)).toBe(true);
      rmSync(canary);
    },
  );

  it('a hook in the state of an object is data', async () => {
    const hook = reduce(global('some.package', 'run'), touch);
    const state = dict(['__setstate__', hook], ['__reduce__', hook], ['__proto__', hook]);
    const object = bytesOf(reduce(global('argparse', 'Namespace')), state, 'b');
    const file = await open(zipCheckpoint(pickle(dict(['args', object]))));
    const shown = JSON.parse(file.metadata['args']!) as { state: Record<string, unknown> };
    expect(Object.keys(shown.state)).toEqual(['__setstate__', '__reduce__', '__proto__']);
    expect(shown.state['__reduce__']).toEqual({
      class: 'some.package.run',
      arguments: [`touch ${canary}`],
    });
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    await file.close();
    expect(existsSync(canary)).toBe(false);
  });

  it.each([
    ['the extension registry', pickle(0x82, 1)],
    ['a long extension', pickle(0x84, 1, 0, 0, 0)],
    ['a buffer outside', pickle(0x97)],
    ['a text opcode of protocol 0', pickle("S'x'\n")],
    ['a persistent id as text', pickle('P0\n')],
    ['a protocol of the future', bytesOf(0x80, 6, 'N.')],
  ])('%s is refused', async (_, content) => {
    expect((await refusalOf(zipCheckpoint(content))).message).toMatch(/opcode 0x|protocol 6/);
  });
});

describe('objects of unknown classes', () => {
  it('become inert records, and tensors beside and in them are read', async () => {
    const namespace = bytesOf(
      global('argparse', 'Namespace'),
      ')',
      0x81,
      dict(['lr', int(3)], ['mean', tensor({ key: '1', elements: 1, shape: [1], stride: [1] })]),
      'b',
    );
    const content = pickle(
      dict(
        ['w', tensor({ elements: 3, shape: [3], stride: [1] })],
        [
          'counts',
          bytesOf(
            reduce(global('collections', 'defaultdict'), global('builtins', 'int')),
            text('a'),
            int(5),
            's',
          ),
        ],
        [
          'score',
          reduce(
            global('numpy.core.multiarray', 'scalar'),
            reduce(global('numpy', 'dtype'), text('f8')),
            text('12345678'),
          ),
        ],
        ['args', namespace],
      ),
    );
    const file = await open(zipCheckpoint(content, { 0: floats(1, 2, 3), 1: floats(9) }));
    expect([...file.tensors.keys()]).toEqual(['w', 'args/mean']);
    expect(new Float32Array((await file.read('args/mean')).buffer)).toEqual(new Float32Array([9]));
    expect(file.metadata).toEqual({
      'counts/a': '5',
      'args/lr': '3',
      score:
        '{"class":"numpy.core.multiarray.scalar","arguments":[{"class":"numpy.dtype","arguments":["f8"]},"12345678"]}',
    });
    await file.close();
  });
});

describe('tensors that ask for too much', () => {
  const one = (
    parts: Partial<Parameters<typeof tensor>[0]>,
    storage = floats(1, 2, 3, 4),
  ): Buffer =>
    zipCheckpoint(pickle(dict(['w', tensor({ elements: 4, shape: [4], stride: [1], ...parts })])), {
      0: storage,
    });

  it.each([
    [
      '2⁴⁰ elements by stride 0',
      one({ shape: [2 ** 30, 1024], stride: [0, 0] }),
      /come to 4398046511104 bytes/,
    ],
    ['an absurd product', one({ shape: [2n ** 40n, 2n ** 40n], stride: [0, 0] }), /absurd shape/],
    ['more elements than a storage', one({ shape: [5] }), /needs 5 elements of a storage of 4/],
    ['an offset beyond', one({ offset: 1 }), /needs 5 elements/],
    ['a stride beyond', one({ shape: [2], stride: [4] }), /needs 5 elements/],
    ['a negative offset', one({ offset: -1 }), /do not belong together/],
    ['a negative stride', one({ stride: [-1] }), /whole numbers/],
    ['a negative size', one({ shape: [-4] }), /whole numbers/],
    ['a stride too few', one({ shape: [2, 2], stride: [1] }), /do not belong together/],
    [
      'a storage larger than its record',
      one({ elements: 2 ** 40, shape: [1] }),
      /take 16 bytes, not 4398046511104/,
    ],
    ['a storage outside its folder', one({ key: '../data.pkl' }), /are not in it/],
    ['another type than its record', one({ type: 'DoubleStorage' }), /take 16 bytes, not 32/],
    [
      '65 dimensions',
      one({ shape: new Array<number>(65).fill(1), stride: new Array<number>(65).fill(1) }),
      /65 dimensions/,
    ],
    [
      'numbers that are missing',
      zipCheckpoint(pickle(dict(['w', tensor({ elements: 4, shape: [4], stride: [1] })]))),
      /are not in it/,
    ],
  ])('%s', async (_, bytes, why) => {
    expect((await refusalOf(bytes)).message).toMatch(why);
  });

  it('many views of one storage', async () => {
    const views = Array.from(
      { length: 200 },
      (_, i) => [`${i}`, tensor({ elements: 20_000, shape: [20_000], stride: [1] })] as const,
    );
    const bytes = zipCheckpoint(pickle(dict(...views)), { 0: new Uint8Array(80_000) });
    expect((await refusalOf(bytes)).message).toMatch(/tensors come to 16000000 bytes/);
  });
});

describe('archives', () => {
  const content = pickle(dict(['w', tensor({ elements: 250_000, shape: [250_000], stride: [1] })]));
  const numbers = Buffer.alloc(1_000_000, 7);
  const archive = (record: object): Buffer =>
    zipFile([
      { name: 'x/data.pkl', data: content },
      { name: 'x/data/0', data: numbers, ...record },
    ]);

  it('deflated and wide (zip64) ones are read', async () => {
    const noisy = Buffer.from(
      Float32Array.from({ length: 250_000 }, (_, i) => Math.sin(i * i)).buffer,
    );
    for (const bytes of [
      zipFile([
        { name: 'x/data.pkl', data: content, deflate: true },
        { name: 'x/data/0', data: noisy, deflate: true },
      ]),
      zipCheckpoint(content, { 0: noisy }, true),
    ]) {
      const file = await open(bytes);
      expect(Buffer.from(await file.read('w')).equals(noisy)).toBe(true);
      await file.close();
    }
  });

  it('one that inflates a thousandfold is refused by its directory', async () => {
    const bomb = zipFile([
      {
        name: 'x/data.pkl',
        data: pickle(
          dict(['w', tensor({ elements: 25_000_000, shape: [25_000_000], stride: [1] })]),
        ),
      },
      { name: 'x/data/0', data: Buffer.alloc(100_000_000), deflate: true },
    ]);
    expect(bomb.length).toBeLessThan(100_000);
    expect((await refusalOf(bomb)).message).toMatch(/unpack to 100000\d+/);
  });

  it.each([
    [
      'a record that inflates to more than it says',
      archive({ deflate: true, claimedBytes: 1000 }),
      /take 1000 bytes/,
    ],
    [
      'a pickle that inflates to more than it says',
      zipFile([
        { name: 'x/data.pkl', data: Buffer.alloc(50_000_000), deflate: true, claimedBytes: 100 },
      ]),
      /damaged/,
    ],
    ['a wrong checksum', archive({ checksum: 12345 }), /checksum does not agree/],
    ['an encrypted record', archive({ flags: 1 }), /encrypted/],
    ['an unknown method', archive({ method: 14 }), /method 14/],
    ['two sizes', archive({ claimedBytes: 999 }), /two different sizes/],
    [
      'two records of a name',
      zipFile([
        { name: 'x/data.pkl', data: content },
        { name: 'x/data.pkl', data: content },
      ]),
      /overlap at/,
    ],
    [
      'two pickles',
      zipFile([
        { name: 'x/data.pkl', data: content },
        { name: 'y/data.pkl', data: content },
      ]),
      /2 records "data.pkl"/,
    ],
    ['no pickle', zipFile([{ name: 'x/other', data: content }]), /0 records "data.pkl"/],
    [
      'a TorchScript program',
      zipFile([
        { name: 'x/data.pkl', data: content },
        { name: 'x/constants.pkl', data: content },
      ]),
      /TorchScript/,
    ],
    [
      'big-endian numbers',
      zipFile([
        { name: 'x/data.pkl', data: content },
        { name: 'x/byteorder', data: Buffer.from('big') },
      ]),
      /little-endian/,
    ],
    [
      '20,001 records',
      zipFile(Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}`, data: Buffer.alloc(0) }))),
      /20001 records/,
    ],
  ])('%s is refused', async (_, bytes, why) => {
    expect((await refusalOf(bytes)).message).toMatch(why);
  });
});

describe('pickles that never end', () => {
  const many = (piece: Uint8Array, times: number): Buffer =>
    Buffer.alloc(piece.length * times, piece);

  it.each([
    ['nested tuples', pickle('N', many(bytesOf(0x85), 400_000)), /nested more than 1000 deep/],
    ['nested marks', pickle(many(bytesOf('('), 5000)), /nested more than 1000 deep/],
    [
      'nested dictionaries',
      pickle(many(bytesOf('}', text('a')), 3000), 'N', many(bytesOf('s'), 3000)),
      /nested more than 1000 deep/,
    ],
    [
      'a list in itself, with a tensor',
      pickle(']q', 0, '(h', 0, tensor({ elements: 1, shape: [1], stride: [1] }), 'e'),
      /nested more than 1000 deep/,
    ],
    [
      'a dictionary in itself',
      pickle('}q', 0, text('a'), 'h', 0, 's'),
      /nested more than 1000 deep/,
    ],
    // 40 lists, each twice the one before: 2⁴⁰ dictionaries.
    [
      'billion laughs',
      pickle(
        '}q',
        0,
        text('a'),
        'Ns',
        ...Array.from({ length: 40 }, (_, i) =>
          bytesOf(']q', i + 1, '(h', i, 'h', i, 'e}', text('a'), 'h', i + 1, 's', 'q', i + 1),
        ),
      ),
      /names more than/,
    ],
    [
      'six million operations',
      pickle('N', many(bytesOf('N0'), 3_000_000)),
      /more than 5000000 operations/,
    ],
    ['a million lists', pickle(many(bytesOf(']0'), 1_000_000), 'N'), /more than 500000 lists/],
    ['a text of 2³² bytes', pickle('X', 255, 255, 255, 255), /value of 4294967295 bytes/],
    [
      'a text of 2⁶³ bytes',
      pickle(0x8d, 255, 255, 255, 255, 255, 255, 255, 127),
      /value of 9223372036854776000 bytes/,
    ],
    ['an endless name', pickle('c', 'x'.repeat(5000), '\ny\n'), /endless name/],
    ['a number of a million digits', pickle(0x8b, 0x40, 0x42, 0x0f, 0), /value of 1000000 bytes/],
    [
      'bytes copied again and again',
      pickle(
        text('x'.repeat(100_000)),
        'q',
        0,
        global('_codecs', 'encode'),
        'q',
        1,
        text('latin1'),
        'q',
        2,
        many(bytesOf('0h', 1, 'h', 0, 'h', 2, 0x86, 'R'), 5000),
      ),
      /copies its values/,
    ],
    ['a stack that runs out', pickle('0'), /takes more values/],
    ['a list that never began', pickle('t'), /never began/],
    ['a memo that was never filled', pickle('h', 3), /never stored/],
    ['no end', bytesOf(0x80, 2, 'N'), /ends too soon/],
  ])('%s', async (_, content, why) => {
    expect((await refusalOf(zipCheckpoint(content))).message).toMatch(why);
  });

  it('a value of 2⁴⁰ parts is shown in part', async () => {
    const laughs = Array.from({ length: 40 }, (_, i) => bytesOf(']q', i + 1, '(h', i, 'h', i, 'e'));
    const content = pickle(
      '}(',
      text('big'),
      text('ha'),
      'q',
      0,
      ...laughs.map((laugh) => bytesOf('0', laugh)),
      'u',
    );
    const file = await open(zipCheckpoint(content));
    expect(file.metadata['big']!.length).toBeLessThan(200_000);
    expect(file.metadata['big']).toContain('…');
    await file.close();
  });
});
