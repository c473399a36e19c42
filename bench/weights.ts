// Import of a published checkpoint (reliability-performance P12): the Base encoder, 344 MB, beside torch.load in the same run.
// `node bench/weights.ts --memory` prints what importing and converting take at most.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;
const script = join(here, 'weights_peer.py');

const files = {
  zip: '.pth as since PyTorch 1.6',
  legacy: '.pth as before PyTorch 1.6',
} as const;

type Kind = keyof typeof files;

/** Both sides have all numbers in memory at the end; digests are of every byte of every tensor. */
export function benches(folder: string): Promise<Bench[]> {
  return Promise.resolve(
    (Object.keys(files) as Kind[]).map((kind) => {
      const path = make(folder, kind);
      return {
        name: `import ${Math.round(statSync(path).size / 1e6)} MB ${files[kind]}`,
        ours: { command: process.execPath, args: [join(here, 'weightsOurs.ts'), path, 'load'] },
        peer: { command: python, args: [script, 'load', path] },
        must: 1.5,
        aim: 1.2,
      };
    }),
  );
}

function make(folder: string, kind: Kind): string {
  const path = join(folder, `base-${kind}.pth`);
  if (!existsSync(path)) execFileSync(python, [script, 'make', path, kind], { stdio: 'inherit' });
  return path;
}

/** Peak memory of one process that does it once, against the file. */
function reportMemory(): void {
  const folder = mkdtempSync(join(tmpdir(), 'prismap-weights-'));
  try {
    const path = make(folder, 'zip');
    const bytes = statSync(path).size;
    const ways: readonly (readonly [what: string, command: string, ...args: string[]])[] = [
      ['ours, tensor by tensor', process.execPath, join(here, 'weightsOurs.ts'), path, 'stream'],
      [
        'ours, converted to safetensors',
        process.execPath,
        join(here, 'weightsOurs.ts'),
        path,
        'convert',
      ],
      ['ours, all in memory', process.execPath, join(here, 'weightsOurs.ts'), path, 'load'],
      ['torch.load, all in memory', python, script, 'load', path],
    ];
    for (const [what, command, ...args] of ways) {
      const line = execFileSync(command, args, { input: 'run\n', encoding: 'utf8' });
      const { peakRss } = JSON.parse(line) as { readonly peakRss: number };
      const share = (peakRss / bytes).toFixed(2);
      console.log(
        `${what}: peak ${(peakRss / 1e6).toFixed(0)} MB, ${share} of the file's ${(bytes / 1e6).toFixed(0)} MB`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv.includes('--memory')) reportMemory();
