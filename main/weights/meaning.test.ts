import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askReferee, hasModule } from '../vector/testing/referee.ts';
import { openTensorFile } from './openTensorFile.ts';
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

const { folder, open, metadataOf } = checkpointFiles();

describe.skipIf(!hasModule('torch'))(
  'values that PyTorch writes beside tensors (skipped where .cache/referee has no torch)',
  () => {
    it.each([2, 4])('protocol %i', async (protocol) => {
      const path = join(folder, `protocol${protocol}.pth`);
      const wanted = askReferee<Record<string, string>>(
        `
import collections, json, sys, torch
question = json.load(sys.stdin)
values = {"device": torch.device("cuda", 1), "cpu": torch.device("cpu"), "size": torch.Size([2, 3]), "dtype": [torch.float16],
  "set": {3}, "frozen": frozenset(["a"]), "bytes": [b"\\x00\\xff"], "big": 2 ** 70, "low": [-2 ** 70], "flag": [True, None],
  "far": [float("nan"), float("inf"), 1.5], "queue": collections.deque([1, 2]), "class": torch.nn.Linear, "type": torch.FloatStorage,
  ("a", 2, ("b",)): "tuple", 5: "number", None: "none", "counts": [collections.Counter("aab")], "deep": collections.OrderedDict([("x", 1)])}
torch.save(values, question["path"], pickle_protocol=question["protocol"])
text = lambda value: json.dumps(value, separators=(",", ":"))
expected = {"device": text(str(values["device"])), "cpu": text(str(values["cpu"])), "dtype": text([str(values["dtype"][0])]),
  "big": text(str(values["big"])), "low": text([str(values["low"][0])]), "bytes": text(["<%d bytes>" % len(values["bytes"][0])]),
  "far": '["NaN","Infinity",1.5]', "queue": text({"class": "collections.deque", "items": list(values["queue"])}),
  "class": text({"class": "torch.nn.modules.linear.Linear"}), "type": text("<storage type>"),
  "a, 2, …": "tuple", "5": "number", "null": "none", "deep/x": "1",
  "counts": text([{"class": "collections.Counter", "arguments": [dict(values["counts"][0])]}])}
for name in "size set frozen flag".split(): expected[name] = text(list(values[name]))
json.dump(expected, sys.stdout)
`,
        { path, protocol },
      );
      const file = await openTensorFile(path);
      await file.close();
      expect(file.metadata).toEqual(wanted);
    });
  },
);

/** As Python gives it by `json.dumps`: what its pickles and ours come to must agree. */
describe('values by hand', () => {
  const pairs = list(tuple(text('a'), int(1)), tuple(text('b'), int(2)));
  it.each([
    ['a whole number of no bytes', bytesOf(0x8a, 0), { x: '0' }],
    [
      'a dictionary of pairs, as Python 2 wrote it',
      reduce(global('collections', 'OrderedDict'), pairs),
      { 'x/a': '1', 'x/b': '2' },
    ],
    [
      'a copy of a dictionary',
      reduce(global('builtins', 'dict'), dict(['a', none])),
      { 'x/a': 'null' },
    ],
    ['a copy of an empty dictionary', reduce(global('builtins', 'dict'), dict()), {}],
    ['a set of nothing', reduce(global('builtins', 'set')), { x: '[]' }],
    ['a device that is no text', reduce(global('torch', 'device'), int(3)), { x: '"?"' }],
    ['an unknown class of torch', global('torch', 'Unheard'), { x: '{"class":"torch.Unheard"}' }],
    [
      'an object as a key of an object',
      bytesOf(reduce(global('a', 'B')), reduce(global('a', 'C')), none, 's'),
      { x: '{"class":"a.B","entries":{"…":null}}' },
    ],
    [
      'an object that is filled in two steps',
      bytesOf(
        reduce(global('a', 'B')),
        int(1),
        'a',
        int(2),
        'a',
        text('c'),
        int(3),
        's',
        text('d'),
        int(4),
        's',
      ),
      { x: '{"class":"a.B","items":[1,2],"entries":{"c":3,"d":4}}' },
    ],
    [
      'an object with an empty state',
      bytesOf(reduce(global('a', 'B')), '}', 'b'),
      { x: '{"class":"a.B","state":{}}' },
    ],
    [
      'numbers without a tensor',
      list(
        bytesOf(
          tuple(text('storage'), global('torch', 'FloatStorage'), text('0'), text('cpu'), int(2)),
          'Q',
        ),
      ),
      { x: '["<storage>"]' },
    ],
  ])('%s', async (_, value, wanted) => {
    expect(await metadataOf(zipCheckpoint(pickle(dict(['x', value]))))).toEqual(wanted);
  });

  it('a tensor of an object goes by the place that it has there', async () => {
    const weight = tensor({ elements: 2, shape: [2], stride: [1] });
    const object = bytesOf(reduce(global('a', 'B')), tuple(weight, int(5)), 'b');
    const file = await open(zipCheckpoint(pickle(dict(['x', object])), { 0: floats(1, 2) }));
    expect([...file.tensors.keys()]).toEqual(['x/state/0']);
    expect(file.metadata).toEqual({ 'x/state/1': '5' });
    await file.close();
  });

  it('an object of 20,000 entries is shown in part', async () => {
    const entries = Array.from({ length: 20_000 }, (_, i) => [`entry ${i}`, int(i)] as const);
    const object = bytesOf(reduce(global('a', 'B')), dict(...entries), 'b');
    const { x } = await metadataOf(zipCheckpoint(pickle(dict(['x', object]))));
    const { state } = JSON.parse(x!) as { readonly state: Readonly<Record<string, number>> };
    expect(state['entry 1000']).toBe(1000);
    expect(x!.length).toBeLessThan(100_000);
  });
});
