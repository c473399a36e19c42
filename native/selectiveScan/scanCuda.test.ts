import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const works = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
const missing = !works('nvcc', '--version')
  ? 'no nvcc'
  : !works('nvidia-smi', '-L')
    ? 'no NVIDIA GPU'
    : '';

test.skipIf(missing !== '')(
  `the CUDA scan agrees with the recurrence in double precision${missing && ` (skipped: ${missing} on this machine)`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'scan-cuda-'));
    try {
      const program = join(folder, 'scanCuda');
      const sources = ['scanCuda.cu', 'scan.cu'].map((name) => join(import.meta.dirname, name));
      const options = ['-std=c++17', '-O3', '-o', program];
      const built = spawnSync('nvcc', [...options, ...sources], { encoding: 'utf8' });
      expect(built.stderr + built.stdout).not.toMatch(/error/i);
      expect(built.status).toBe(0);
      const ran = spawnSync(program, { encoding: 'utf8' });
      console.info(ran.stdout);
      expect(ran.status, ran.stdout).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  600_000,
);
