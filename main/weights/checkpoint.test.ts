import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openByteSource } from './byteSource.ts';
import { readCheckpoint } from './checkpoint.ts';
import { isContiguous } from './gather.ts';
import { refusal } from './refusal.ts';
import { elements } from './testing/elements.ts';
import { isKind, type PickleValue } from './values.ts';
import { readZipDirectory } from './zip.ts';

const folder = join(import.meta.dirname, '../../../shared/fixtures/spectralgpt/pth');
const present = existsSync(folder);
const names = present ? readdirSync(folder).filter((name) => name.endsWith('.pth')) : ['(absent)'];

type Expected = {
  readonly format: string;
  readonly zip_records?: readonly (readonly [name: string, bytes: number, method: number])[];
  readonly tensors: Readonly<
    Record<
      string,
      {
        readonly kind: 'tensor' | 'parameter';
        readonly dtype: string;
        readonly shape: readonly number[];
        readonly stride: readonly number[];
        readonly storage_offset: number;
        readonly requires_grad: boolean;
        readonly contiguous: boolean;
        readonly first8: readonly unknown[];
        readonly sum: number | string | null;
      }
    >
  >;
  readonly values: Readonly<Record<string, unknown>>;
};

/** Numbers as the files of expected values have them. */
const written = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value)
    ? String(value)
    : typeof value === 'bigint'
      ? Number(value)
      : value;

/** A value that is no tensor, in the form of the files of expected values. Within lists tuples are lists. */
function described(value: PickleValue, inner = false): unknown {
  if (value instanceof Uint8Array)
    return {
      __repr__: `b'${[...value].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`,
    };
  if (isKind(value, 'list', 'tuple', 'size')) {
    const items = value.items.map((item) => described(item, true));
    if (inner) return items;
    return {
      [{ list: '__list__', tuple: '__tuple__', size: '__Size__', set: '__set__' }[value.kind]]:
        items,
    };
  }
  if (isKind(value, 'dtype')) return { __repr__: `torch.${value.dtype.name}` };
  if (isKind(value, 'device')) return { __repr__: `device(type='${value.name}')` };
  if (isKind(value, 'record') && isKind(value.state, 'dict')) {
    expect(value.name).toBe('argparse.Namespace');
    const entries = [...value.state.entries!].map(([key, item]) => [key, described(item, true)]);
    return { __namespace__: Object.fromEntries(entries) as unknown };
  }
  return written(value);
}

describe.skipIf(!present)(
  'checkpoints written by PyTorch (skipped where the fixtures are absent)',
  () => {
    it.each(names)('%s: every tensor and every value', async (name) => {
      const path = join(folder, name);
      const expected = JSON.parse(readFileSync(`${path}.expected.json`, 'utf8')) as Expected;
      const refuse = refusal(path);
      const source = await openByteSource(path, refuse);
      const checkpoint = await readCheckpoint(source, refuse);
      expect(checkpoint.format === 'PyTorch').toBe(expected.format === 'zip');
      expect([...checkpoint.tensors.keys()]).toEqual(Object.keys(expected.tensors));
      for (const [path, tensor] of checkpoint.tensors) {
        const wanted = expected.tensors[path]!;
        const { dtype, shape, stride, offset, parameter, requiresGrad } = tensor;
        expect({
          kind: parameter ? 'parameter' : 'tensor',
          dtype: dtype.name,
          shape,
          stride,
          storage_offset: offset,
          requires_grad: requiresGrad,
          contiguous: isContiguous(shape, stride),
        }).toEqual({
          kind: wanted.kind,
          dtype: wanted.dtype,
          shape: wanted.shape,
          stride: wanted.stride,
          storage_offset: wanted.storage_offset,
          requires_grad: wanted.requires_grad,
          contiguous: wanted.contiguous,
        });
        const bytes = await checkpoint.read(tensor);
        const values = elements(bytes, dtype.name);
        expect(values.slice(0, 8).map(written), path).toEqual(wanted.first8);
        const pieces: Uint8Array[] = [];
        for await (const piece of checkpoint.pieces(tensor)) pieces.push(piece);
        expect(Buffer.concat(pieces).equals(bytes), `${path} in pieces`).toBe(true);
        if (wanted.sum === null) continue;
        const sum = values.reduce<number>((total, value) => total + Number(value), 0);
        if (typeof wanted.sum === 'string') expect(String(sum)).toBe(wanted.sum);
        else
          expect(Math.abs(sum - wanted.sum)).toBeLessThanOrEqual(
            1e-12 * Math.max(1, values.length, Math.abs(sum)),
          );
      }
      const values = [...checkpoint.values].map(([path, value]) => [path, described(value)]);
      expect(Object.fromEntries(values)).toEqual(expected.values);
      if (expected.zip_records !== undefined) {
        const records = await readZipDirectory(source, refuse);
        const sizes = Object.fromEntries(
          [...records].map(([record, { bytes }]) => [record, bytes]),
        );
        expect(sizes).toEqual(
          Object.fromEntries(expected.zip_records.map(([record, bytes]) => [record, bytes])),
        );
      }
      await source.close();
    });
  },
);
