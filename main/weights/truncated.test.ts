import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AppError } from '../../app/error.ts';
import { openTensorFile } from './openTensorFile.ts';
import { seedCheckpoints } from './testing/seeds.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-pth-cut-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const seeds = seedCheckpoints;
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
