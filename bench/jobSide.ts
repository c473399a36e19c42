// One side of the bench of whole jobs: `jobSide.ts OUT COMMAND WORD…` runs the command, which writes OUT, as a new process for every
// line on standard input (see harness.ts). Its start counts: it is what one waits for. The digest is the path of what was written.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { childrenSeconds } from './processes.ts';

const [out, command, ...words] = process.argv.slice(2) as [string, string, ...string[]];

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'run') continue;
  rmSync(out, { force: true });
  const before = childrenSeconds();
  const started = performance.now();
  const child = spawn(command, words, { stdio: ['ignore', 'ignore', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) process.exit(1);
  const wall = (performance.now() - started) / 1000;
  console.log(JSON.stringify({ wall, cpu: childrenSeconds() - before, digest: out }));
}
