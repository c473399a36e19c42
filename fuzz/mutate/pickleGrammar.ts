// Programs for the stack machine of pickles: mostly legal, often hostile, sometimes nonsense.
import type { Random } from '../../app/random.ts';
import {
  bytesOf,
  dict,
  global,
  int,
  reduce,
  tensor,
  text,
  tuple,
} from '../../main/weights/testing/checkpointWriter.ts';
import { pick } from './bytes.ts';

/** What a pickle that is loaded by Python would run or build. The first ones would write the canary. */
const names: readonly (readonly [module: string, name: string])[] = [
  ['os', 'system'],
  ['posix', 'system'],
  ['builtins', 'eval'],
  ['builtins', 'exec'],
  ['__builtin__', 'apply'],
  ['subprocess', 'Popen'],
  ['timeit', 'timeit'],
  ['builtins', 'getattr'],
  ['importlib', 'import_module'],
  ['torch', 'load'],
  ['constructor', 'constructor'],
  ['__proto__', '__proto__'],
  ['child_process', 'execSync'],
  ['globalThis', 'eval'],
  ['argparse', 'Namespace'],
  ['collections', 'OrderedDict'],
  ['collections', 'defaultdict'],
  ['collections', 'Counter'],
  ['builtins', 'set'],
  ['_codecs', 'encode'],
  ['torch', 'FloatStorage'],
  ['torch', 'Size'],
  ['torch', 'device'],
  ['torch._utils', '_rebuild_tensor_v2'],
  ['torch._utils', '_rebuild_tensor_v3'],
  ['torch._utils', '_rebuild_parameter'],
  ['torch._utils', '_rebuild_parameter_with_state'],
  ['numpy.core.multiarray', 'scalar'],
  ['numpy', 'dtype'],
];

const keys = ['a', 'weight', 'model', 'state_dict', '__proto__', 'constructor', 'toString', ''];
const sizes = [0, 1, 2, 3, 7, 60, 2 ** 16, 2 ** 31, 2 ** 40];

const deepest = 6;

/** Bytes of one value. @param canary file that must not appear */
export function pickleValue(random: Random, canary: string, depth = 0): Buffer {
  const make = pick(depth >= deepest ? leaves : makers, random);
  return make(random, canary, depth + 1);
}

type Maker = (random: Random, canary: string, depth: number) => Buffer;

const anyNumber: Maker = (random) =>
  pick(
    [
      int(pick(sizes, random)),
      int(-1),
      bytesOf('K', random.integer(256)),
      bytesOf(0x8b, 2, 0, 0, 0, 7, 7),
    ],
    random,
  );
const anyText: Maker = (random, canary) =>
  pick(
    [
      text(pick(keys, random)),
      text(`touch ${canary}`),
      text(`open(${JSON.stringify(canary)}, "w")`),
      bytesOf('U', 3, 'abc'),
      bytesOf(0x8c, 2, 'é'),
      bytesOf('C', 4, 0, 1, 2, 3),
    ],
    random,
  );
const anyGlobal: Maker = (random) => global(...pick(names, random));

const leaves: readonly Maker[] = [
  anyNumber,
  anyText,
  anyGlobal,
  () => bytesOf('N'),
  () => bytesOf(0x88),
  () => bytesOf(']'),
  () => bytesOf('}'),
  () => bytesOf(')'),
  (random) => bytesOf('h', random.integer(6)),
  (random) => bytesOf('G', ...Array.from({ length: 8 }, () => random.integer(256))),
];

const listOf = (random: Random, canary: string, depth: number): Buffer[] =>
  Array.from({ length: random.integer(4) }, () => pickleValue(random, canary, depth));

const makers: readonly Maker[] = [
  ...leaves,
  (random, canary, depth) => tuple(...listOf(random, canary, depth)),
  (random, canary, depth) =>
    bytesOf(']q', random.integer(6), '(', ...listOf(random, canary, depth), 'e'),
  (random, canary, depth) =>
    dict(...listOf(random, canary, depth).map((value) => [pick(keys, random), value] as const)),
  // Any key, as no dictionary of a checkpoint has.
  (random, canary, depth) =>
    bytesOf('}', pickleValue(random, canary, depth), pickleValue(random, canary, depth), 's'),
  // A call of anything with anything, and an object with a state.
  (random, canary, depth) =>
    reduce(anyGlobal(random, canary, depth), ...listOf(random, canary, depth)),
  (random, canary, depth) =>
    reduce(anyGlobal(random, canary, depth), anyText(random, canary, depth)),
  (random, canary, depth) =>
    bytesOf(anyGlobal(random, canary, depth), ')', 0x81, pickleValue(random, canary, depth), 'b'),
  (random, canary, depth) =>
    bytesOf(pickleValue(random, canary, depth), tuple(...listOf(random, canary, depth)), 'R'),
  (random, canary, depth) =>
    bytesOf(text('posix'), text('system'), 0x93, tuple(anyText(random, canary, depth)), 'R'),
  // Tensors, well-formed and not.
  () => tensor({ elements: 60, shape: [5, 3, 4], stride: [1, 20, 5] }),
  (random) =>
    tensor({
      key: pick(['0', '1', '../data.pkl', '9'], random),
      elements: pick([60, ...sizes], random),
      shape: Array.from({ length: random.integer(4) }, () => pick(sizes, random)),
      stride: Array.from({ length: random.integer(4) }, () => pick([1, 0, ...sizes], random)),
      offset: pick([0, 0, ...sizes], random),
      type: pick(['FloatStorage', 'HalfStorage', 'BoolStorage', 'QInt8Storage', 'Nothing'], random),
    }),
  (random, canary, depth) => bytesOf(tuple(...listOf(random, canary, depth)), 'Q'),
  // The same value many times.
  (random) =>
    bytesOf(
      ']q',
      0,
      ...Array.from({ length: 30 }, () =>
        bytesOf('(h', 0, 'h', 0, random.integer(8) === 0 ? 't' : 0x86),
      ),
    ),
];

/** A whole pickle: a dictionary of values, now and then with an opcode that should not be there. */
export function randomPickle(random: Random, canary: string): Buffer {
  const pieces = Array.from({ length: 1 + random.integer(6) }, (_, i) =>
    bytesOf(text(`${pick(keys, random)}${i}`), pickleValue(random, canary), 's'),
  );
  if (random.integer(6) === 0)
    pieces.splice(random.integer(pieces.length), 0, bytesOf(random.integer(256)));
  return bytesOf(0x80, random.integer(20) === 0 ? random.integer(256) : 2, '}q', 0, ...pieces, '.');
}
