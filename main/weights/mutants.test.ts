import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { openTensorFile } from './openTensorFile.ts';
import {
  bytesOf,
  dict,
  global,
  int,
  legacyCheckpoint,
  pickle,
  reduce,
  tensor,
  text,
  zipCheckpoint,
  zipFile,
} from './testing/checkpointWriter.ts';
import type { MutantReport } from './testing/mutants.ts';

/** Mutants of the short run; more for a long search: PRISMAP_MUTANTS=200000. */
const MUTANTS = Number(process.env['PRISMAP_MUTANTS'] ?? 2000);

const folder = mkdtempSync(join(tmpdir(), 'prismap-pth-mutants-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two tensors on one storage, one on another; an inert record; a state dict with `_metadata`. */
const content = pickle(
  dict(
    [
      'model',
      bytesOf(
        reduce(global('collections', 'OrderedDict')),
        '(',
        text('a.weight'),
        tensor({ elements: 60, shape: [5, 3, 4], stride: [1, 20, 5] }),
        text('a.bias'),
        tensor({ elements: 60, shape: [3], stride: [1], offset: 7 }),
        text('b'),
        tensor({ key: '1', elements: 100, shape: [10, 10], stride: [10, 1], type: 'HalfStorage' }),
        'u',
        dict(['_metadata', dict()]),
        'b',
      ),
    ],
    ['epoch', int(3)],
    ['args', bytesOf(reduce(global('argparse', 'Namespace')), dict(['lr', int(1)]), 'b')],
  ),
);
const storages = {
  0: Buffer.from(Float32Array.from({ length: 60 }, (_, i) => i).buffer),
  1: Buffer.alloc(200, 0x3c),
};

const seeds: Readonly<Record<string, Buffer>> = {
  zip: zipCheckpoint(content, storages),
  wide: zipCheckpoint(content, storages, true),
  deflated: zipFile([
    { name: 'x/data.pkl', data: content, deflate: true },
    { name: 'x/data/0', data: storages[0], deflate: true },
    { name: 'x/data/1', data: storages[1] },
  ]),
  legacy: legacyCheckpoint(
    pickle(dict(['w', tensor({ elements: 60, shape: [60], stride: [1] })])),
    {
      0: storages[0],
    },
  ),
};

const path = (name: string): string => join(folder, `${name}.pth`);

beforeAll(() => {
  for (const [name, bytes] of Object.entries(seeds)) writeFileSync(path(name), bytes);
});

it.each(Object.keys(seeds))(
  '%s: whole it is read, and cut off anywhere it is refused',
  async (name) => {
    const read = async (file: string): Promise<number> => {
      const opened = await openTensorFile(file);
      try {
        for (const tensor of opened.tensors.keys()) await opened.read(tensor);
        return opened.tensors.size;
      } finally {
        await opened.close();
      }
    };
    expect(await read(path(name))).toBe(name === 'legacy' ? 1 : 3);
    const bytes = seeds[name]!;
    const cut = path(`${name}-cut`);
    for (let length = 0; length < bytes.length; length++) {
      writeFileSync(cut, bytes.subarray(0, length));
      const error: unknown = await read(cut).catch((thrown: unknown) => thrown);
      expect(error, `${length} of ${bytes.length} bytes`).toBeInstanceOf(AppError);
      expect((error as AppError).code).toBe('bad-weights');
    }
  },
);

it(`${MUTANTS} mutants: each is read or refused, in little time and memory`, () => {
  const script = join(import.meta.dirname, 'testing/mutants.ts');
  const files = Object.keys(seeds).map(path);
  const flags = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=8'];
  // The limit on its own heap makes a mutant that asks for much more fail here, whatever the machine has.
  const output = execFileSync(
    process.execPath,
    [...flags, '--max-old-space-size=200', script, folder, '1', String(MUTANTS), ...files],
    { encoding: 'utf8' },
  );
  const report = JSON.parse(output) as MutantReport;
  expect(report.bad).toEqual([]);
  expect(report.read + report.refused).toBe(MUTANTS);
  // Both outcomes happen, or the mutants prove nothing.
  expect(report.refused).toBeGreaterThan(MUTANTS / 4);
  expect(report.read).toBeGreaterThan(MUTANTS / 50);
  // No measure of speed: what takes this long hangs.
  expect(report.slowestMs).toBeLessThan(10_000);
  expect(report.peakBytes).toBeLessThan(256e6);
}, 3_600_000);
