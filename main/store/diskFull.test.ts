import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ProjectFile } from './projectFile.ts';
import { exampleEdit, format, put, putRoi, squareRoi } from './testing/exampleProject.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-full-'));
const small = join(folder, 'small');
mkdirSync(small);
const system = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
const hasTmpfs =
  process.getuid?.() === 0 &&
  system('mount', '-t', 'tmpfs', '-o', `size=${2 ** 20}`, 'none', small);
afterAll(() => {
  system('umount', small);
  rmSync(folder, { recursive: true, force: true });
});

test.skipIf(!hasTmpfs)(
  'on a full disk (needs root for a small one) an edit is refused whole, and done once there is room',
  async () => {
    const path = join(small, 'work.gpkg');
    const file = ProjectFile.create(path, format);
    file.apply(exampleEdit);
    const before = file.load();
    const { bavail, bsize } = statfsSync(small);
    const ballast = join(small, 'ballast');
    writeFileSync(ballast, Buffer.alloc(bavail * bsize - 3 * bsize));
    const many = put(
      ...Array.from({ length: 400 }, (_, i) => putRoi(squareRoi(`n${i}`, 'water', i, i))),
    );
    const full = expect.objectContaining({
      code: 'disk-full',
      message: expect.stringContaining('saved before is safe') as string,
    }) as Error;
    expect(() => file.apply(many)).toThrow(full);
    expect(file.load()).toEqual(before);
    await expect(file.copyTo(join(small, 'copy.gpkg'))).rejects.toThrow(
      expect.objectContaining({ code: 'disk-full' }),
    );
    expect(readdirSync(small).filter((name) => name.startsWith('copy'))).toEqual([]);
    rmSync(ballast);
    file.apply(many);
    file.close();
    const again = ProjectFile.open(path, format);
    expect(again.recovered).toBe(false);
    expect(again.load().tables.rois).toHaveLength(403);
    again.close();
  },
);
