import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;

/** Must and aim of `ours / rasterio` (reliability-performance P1 to P3), by file and kind of windows. */
const goals: readonly (readonly [file: string, kind: string, must: number, aim: number])[] = [
  ['none', 'window', 1.8, 1.2],
  ['deflate', 'window', 2.0, 1.2],
  ['zstd', 'window', 1.3, 1.0],
  ['lzw', 'window', 3.0, 2.0],
  ['deflate', 'chip', 2.0, 1.2],
  ['deflate', 'scan', 1.5, 1.0],
];

const names: Readonly<Record<string, string>> = {
  window: 'random windows of 512 × 512 × 12',
  chip: 'random chips of 128 × 128 × 12',
  scan: 'scan in windows of 512 × 512 × 12 with halo',
};

/** Reading beside rasterio, one thread each. The scenes are written into `folder` once (about 1.2 GB). */
export function benches(folder: string): Promise<Bench[]> {
  const script = join(here, 'read_peer.py');
  execFileSync(python, [script, 'make', folder], { stdio: 'inherit' });
  const one = { GDAL_NUM_THREADS: '1', OMP_NUM_THREADS: '1' };
  return Promise.resolve(
    goals.map(([file, kind, must, aim]) => {
      const path = join(folder, `read-${file}.tif`);
      return {
        name: `read ${file}, ${names[kind]}`,
        ours: {
          command: process.execPath,
          args: [join(here, 'readOurs.ts'), path, kind],
          env: one,
        },
        peer: { command: python, args: [script, 'read', path, kind], env: one },
        must,
        aim,
      };
    }),
  );
}
