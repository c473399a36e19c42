import { describe, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { createRandom } from '../../app/random.ts';
import { duplicateKey } from './duplicateKey.ts';
import { floatValues, readSafetensors, writeSafetensors } from './safetensors.ts';

// Made with Python: safetensors.numpy.save({'a': float32 [[1,2,3],[4,5,6]], 'b.half': float16 [0.5, -2, 65504, 1e-7],
// 'c': float64 [1e-300, 0.1], 'n': int64 7, 'empty': float32 (0, 3)}, metadata={'who': 'ünïcode'})
const golden =
  'QAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJ3aG8iOiLDvG7Dr2NvZGUifSwibiI6eyJkdHlwZSI6Ikk2NCIsInNoYXBlIjpbXSwiZGF0YV9vZmZzZXRzIjpbMCw4XX0sImMiOnsiZHR5cGUiOiJGNjQiLCJzaGFwZSI6WzJdLCJkYXRhX29mZnNldHMiOls4LDI0XX0sImEiOnsiZHR5cGUiOiJGMzIiLCJzaGFwZSI6WzIsM10sImRhdGFfb2Zmc2V0cyI6WzI0LDQ4XX0sImVtcHR5Ijp7ImR0eXBlIjoiRjMyIiwic2hhcGUiOlswLDNdLCJkYXRhX29mZnNldHMiOls0OCw0OF19LCJiLmhhbGYiOnsiZHR5cGUiOiJGMTYiLCJzaGFwZSI6WzRdLCJkYXRhX29mZnNldHMiOls0OCw1Nl19fQcAAAAAAAAAWfP4wh9upQGamZmZmZm5PwAAgD8AAABAAABAQAAAgEAAAKBAAADAQAA4AMD/ewIA';
const goldenBytes = () => new Uint8Array(Buffer.from(golden, 'base64'));

/** A file with any header and data. */
function fileOf(header: string, data: number): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

describe('readSafetensors', () => {
  it("reads what Python's safetensors wrote", () => {
    const { tensors, metadata } = readSafetensors(goldenBytes(), 'golden');
    expect(metadata).toEqual({ who: 'ünïcode' });
    const numbers = (name: string) => [...floatValues(tensors.get(name)!, name)];
    expect(numbers('a')).toEqual([1, 2, 3, 4, 5, 6]);
    expect(tensors.get('a')!.shape).toEqual([2, 3]);
    expect(numbers('b.half')).toEqual([0.5, -2, 65504, Math.fround(2 * 2 ** -24)]);
    expect(numbers('c')).toEqual([0, Math.fround(0.1)]);
    expect(numbers('empty')).toEqual([]);
    expect(() => numbers('n')).toThrow(/I64; float is needed/);
  });

  it('reads bfloat16', () => {
    const bytes = fileOf('{"x":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', 4);
    bytes.set([0x80, 0x3f, 0x49, 0xc0], bytes.length - 4);
    const { tensors } = readSafetensors(bytes, 'x');
    expect([...floatValues(tensors.get('x')!, 'x')]).toEqual([1, -3.140625]);
  });

  it('reads what half precision has beside numbers', () => {
    const bytes = fileOf('{"x":{"dtype":"F16","shape":[5],"data_offsets":[0,10]}}', 10);
    // infinity, its negative, no number, negative zero, the largest number without a leading one (IEEE 754)
    bytes.set([0x00, 0x7c, 0x00, 0xfc, 0x01, 0x7c, 0x00, 0x80, 0xff, 0x03], bytes.length - 10);
    const { tensors } = readSafetensors(bytes, 'x');
    const wanted = [Infinity, -Infinity, Number.NaN, -0, Math.fround(1023 * 2 ** -24)];
    expect([...floatValues(tensors.get('x')!, 'x')]).toEqual(wanted);
  });

  const entry = (offsets: string, shape = '[1]', dtype = '"F32"') =>
    `{"x":{"dtype":${dtype},"shape":${shape},"data_offsets":${offsets}}}`;

  it.each([
    ['nothing', new Uint8Array(3), /3 bytes/],
    ['an absurd header length', new Uint8Array([0, 0, 0, 0, 0, 0, 0, 64, 1]), /header claims/],
    ['a header cut off', goldenBytes().subarray(0, 100), /header is cut off/],
    ['data cut off', goldenBytes().subarray(0, 380), /ends beyond the file/],
    ['no JSON', fileOf('{"x":', 0), /not JSON/],
    ['a list', fileOf('[1]', 0), /not a JSON object/],
    ['a name twice', fileOf('{"x":1,"\\u0078":2}', 0), /"x" twice/],
    ['an unknown type', fileOf(entry('[0,4]', '[1]', '"C64"'), 4), /unknown type/],
    ['a type of the prototype', fileOf(entry('[0,4]', '[1]', '"toString"'), 4), /unknown type/],
    ['a negative size', fileOf(entry('[0,4]', '[-1]'), 4), /no valid shape/],
    ['a broken size', fileOf(entry('[0,4]', '[1.5]'), 4), /no valid shape/],
    ['an overflowing shape', fileOf(entry('[0,4]', '[4294967296,4294967296]'), 4), /absurd/],
    ['a shape of other bytes', fileOf(entry('[0,4]', '[2]'), 4), /takes 4 bytes .* needs 8/],
    ['reversed offsets', fileOf(entry('[4,0]', '[1]'), 4), /takes -4/],
    ['bytes before the first tensor', fileOf(entry('[4,8]'), 8), /begins at byte 4, not at 0/],
    ['bytes behind the last tensor', fileOf(entry('[0,4]'), 9), /9 bytes of data/],
    [
      'two tensors over one another',
      fileOf(
        '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"y":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
        4,
      ),
      /begins at byte 0, not at 4/,
    ],
    ['metadata that is a list', fileOf('{"__metadata__":[]}', 0), /metadata is not an object/],
    ['a tensor that is a number', fileOf('{"x":1}', 0), /"x" is not described/],
    ['a tensor of no type', fileOf(entry('[0,4]', '[1]', '1'), 4), /"x" has no type/],
    ['three offsets', fileOf(entry('[0,4,8]'), 8), /no valid offsets/],
    ['offsets that are none', fileOf(entry('"0,4"'), 4), /no valid offsets/],
    ['metadata that is no text', fileOf('{"__metadata__":{"a":1}}', 0), /not text/],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => readSafetensors(bytes, 'file')).toThrow(message);
    expect(() => readSafetensors(bytes, 'file')).toThrow(AppError);
  });

  it('reads or refuses 3000 damaged files, and nothing else', () => {
    const random = createRandom(11, 'damage');
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = goldenBytes().slice(0, random.uniform() < 0.2 ? random.integer(390) : 390);
      for (let k = random.integer(4); k >= 0 && bytes.length > 0; k--) {
        const at = random.integer(Math.min(bytes.length, 340));
        bytes[at] =
          random.uniform() < 0.5 ? random.integer(256) : bytes[at]! ^ (1 << random.integer(8));
      }
      try {
        for (const [name, tensor] of readSafetensors(bytes, 'damaged').tensors) {
          expect(tensor.bytes.length).toBeLessThan(400);
          if (tensor.type.startsWith('F')) floatValues(tensor, name);
        }
      } catch (error) {
        expect((error as AppError).code).toBe('bad-weights');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});

describe('writeSafetensors', () => {
  it('writes what it reads, aligned', () => {
    const tensors = new Map([
      ['a', { shape: [2, 2], values: Float32Array.of(1, -2, 3.5, Number.NaN) }],
      ['empty', { shape: [0], values: new Float32Array() }],
      ['b', { shape: [], values: Float32Array.of(9) }],
    ]);
    const bytes = writeSafetensors(tensors, { note: 'ä' });
    expect(Number(new DataView(bytes.buffer).getBigUint64(0, true)) % 8).toBe(0);
    const read = readSafetensors(bytes, 'own');
    expect(read.metadata).toEqual({ note: 'ä' });
    for (const [name, { shape, values }] of tensors) {
      expect(read.tensors.get(name)!.shape).toEqual(shape);
      expect(floatValues(read.tensors.get(name)!, name)).toEqual(values);
    }
  });
});

describe('duplicateKey', () => {
  it.each([
    ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', undefined],
    ['{"a":"a","b":"\\"a\\":","c":"{"}', undefined],
    ['{"b":{"a":2 , "a" : 3}}', 'a'],
    ['{"":1,"":2}', ''],
  ])('%s', (text, expected) => {
    expect(duplicateKey(text)).toBe(expected);
  });
});
