import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askReferee, hasModule } from '../vector/testing/referee.ts';
import { bicubicGrid } from './bicubic.ts';
import { convertTensorFile } from './convertTensorFile.ts';
import { openTensorFile } from './openTensorFile.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-torch-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes the same values in every way that PyTorch has, and says what each tensor is. */
const script = `
import argparse, collections, hashlib, json, sys
import torch
from torch.serialization import set_crc32_options
folder = json.load(sys.stdin)["folder"]
torch.manual_seed(3)
base = torch.randn(40, 30)
class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = torch.nn.Linear(3, 2)
        self.register_buffer("steps", torch.tensor(7))
state = collections.OrderedDict()
for name in "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 complex64 complex128".split():
    state[name] = (torch.randn(3, 5) * 50).to(getattr(torch, name))
state["bool"] = torch.randn(9) > 0
state["base"] = base
state["transposed"] = base.t()
state["slice"] = base[3:17, 4:9]
state["column"] = base[:, 7]
state["stepped"] = base[::3, ::7]
state["expanded"] = torch.randn(4, 1).expand(4, 6)
state["wide"] = torch.randn(6, 2, dtype=torch.float64).t()
state["half_view"] = torch.randn(4, 3).half().t()
state["byte_view"] = torch.arange(12, dtype=torch.uint8).view(4, 3).t()
state["complex_view"] = torch.randn(4, 3, dtype=torch.complex128).t()
state["scalar"] = torch.tensor(2.5)
state["empty"] = torch.zeros(0, 3)
state["unit"] = base.view(1, 40, 30, 1)[:, 2:3]
state["parameter"] = torch.nn.Parameter(torch.randn(2, 2))
newer = dict(state)
for name in "uint16 uint32 uint64".split():
    newer[name] = torch.tensor([0, 1, 65535]).to(getattr(torch, name))
newer["float8_e4m3fn"] = torch.randn(7).to(torch.float8_e4m3fn)
newer["float8_e5m2"] = torch.randn(7).to(torch.float8_e5m2)
net = Net()
nested = {"model": net.state_dict(), "args": argparse.Namespace(lr=0.1), "epoch": 3, "list": [base, (base[0], 5)]}
def walk(prefix, value, found):
    if isinstance(value, torch.Tensor): found[prefix] = value
    elif isinstance(value, dict):
        for key, inner in value.items(): walk(prefix + "/" + str(key) if prefix else str(key), inner, found)
    elif isinstance(value, (list, tuple)):
        for i, inner in enumerate(value): walk(prefix + "/" + str(i), inner, found)
    return found
def raw(tensor):
    return tensor.detach().contiguous().flatten().view(torch.uint8).numpy().tobytes() if tensor.numel() else b""
files = {}
def save(name, value, **options):
    path = folder + "/" + name + ".pth"
    torch.save(value, path, **options)
    files[name] = {key: [str(t.dtype)[6:], list(t.shape), hashlib.sha256(raw(t)).hexdigest()] for key, t in walk("", value, {}).items()}
save("zip", newer)
save("legacy", state, _use_new_zipfile_serialization=False)
save("protocol4", newer, pickle_protocol=4)
save("protocol5", newer, pickle_protocol=5)
save("nested", nested)
save("nested_legacy", nested, _use_new_zipfile_serialization=False)
# Its pickles are longer than what is read of most files at first.
save("long_legacy", {"names": ["a name of no use, number %d" % i for i in range(60000)], "base": base}, _use_new_zipfile_serialization=False)
set_crc32_options(False)
save("without_checksums", newer)
grid = torch.randn(1, 11, 9, 9)
resized = {}
for size in (4, 8, 9, 12, 16, 31):
    resized[size] = torch.nn.functional.interpolate(grid, size=(size, size), mode="bicubic", align_corners=False)[0].permute(1, 2, 0).flatten().tolist()
json.dump({"files": files, "grid": grid[0].permute(1, 2, 0).flatten().tolist(), "resized": resized}, sys.stdout)
`;

type Answer = {
  readonly files: Readonly<
    Record<
      string,
      Readonly<Record<string, readonly [dtype: string, shape: number[], sha256: string]>>
    >
  >;
  readonly grid: readonly number[];
  readonly resized: Readonly<Record<string, readonly number[]>>;
};

const missing = !hasModule('torch');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(missing)(
  'files written here by PyTorch (skipped where .cache/referee has no torch)',
  () => {
    let answer: Answer;
    beforeAll(() => {
      answer = askReferee<Answer>(script, { folder });
    });

    it.each([
      'zip',
      'legacy',
      'protocol4',
      'protocol5',
      'nested',
      'nested_legacy',
      'long_legacy',
      'without_checksums',
    ])('%s: every tensor to the bit', async (name) => {
      const expected = answer.files[name]!;
      const file = await openTensorFile(join(folder, `${name}.pth`));
      const found: Record<string, unknown> = {};
      for (const [key, { dtype, shape }] of file.tensors)
        found[key] = [dtype, shape, sha256(await file.read(key))];
      await file.close();
      expect(found).toEqual(expected);
      expect(Object.keys(expected).length).toBeGreaterThan(0);
    });

    it('what is beside the tensors is data', async () => {
      const file = await openTensorFile(join(folder, 'nested.pth'));
      expect(file.metadata).toEqual({
        epoch: '3',
        args: '{"class":"argparse.Namespace","state":{"lr":0.1}}',
        'list/1/1': '5',
      });
      await file.close();
    });

    it('converted, PyTorch finds the same tensors', async () => {
      const out = join(folder, 'zip.safetensors');
      const { leftOut } = await convertTensorFile(join(folder, 'zip.pth'), out, undefined);
      expect(leftOut.map(({ name }) => name)).toEqual(['complex64', 'complex128', 'complex_view']);
      const found = askReferee<Record<string, [string, number[], string]>>(
        // The format as its specification says, read by numpy alone: the package is not needed to go back to PyTorch.
        `
import hashlib, json, struct, sys
import torch
data = open(json.load(sys.stdin), "rb").read()
length = struct.unpack("<Q", data[:8])[0]
header = json.loads(data[8:8 + length]); header.pop("__metadata__")
types = {"F32": torch.float32, "F64": torch.float64, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64, "I32": torch.int32,
  "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8, "BOOL": torch.bool, "U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64,
  "F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}
found = {}
for name, entry in header.items():
    a, b = entry["data_offsets"]
    raw = bytearray(data[8 + length + a:8 + length + b])
    t = torch.frombuffer(raw, dtype=types[entry["dtype"]]).reshape(entry["shape"]) if b > a else torch.zeros(entry["shape"])
    found[name] = [str(t.dtype)[6:], list(t.shape), hashlib.sha256(t.flatten().view(torch.uint8).numpy().tobytes() if t.numel() else b"").hexdigest()]
json.dump(found, sys.stdout)
`,
        out,
      );
      const expected = Object.entries(answer.files['zip']!).filter(
        ([name]) => !name.startsWith('complex'),
      );
      expect(found).toEqual(Object.fromEntries(expected));
    });

    it.each([4, 8, 9, 12, 16, 31])(
      'positions of 9 × 9 for %i × %i are those of F.interpolate',
      (to) => {
        const table = new Float32Array(answer.grid);
        const ours = bicubicGrid(table, { from: 9, to, width: 11 });
        const theirs = answer.resized[to]!;
        expect(ours.length).toBe(theirs.length);
        const furthest = Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!)));
        expect(furthest).toBeLessThan(3e-6);
      },
    );
  },
);

it('a file that says nothing is refused with its name', async () => {
  await expect(openTensorFile(join(folder, 'absent.pth'))).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('absent.pth') as unknown,
  });
  const here = import.meta.filename;
  await expect(openTensorFile(here)).rejects.toMatchObject({ code: 'bad-weights' });
  expect(readFileSync(here).length).toBeGreaterThan(0);
});
