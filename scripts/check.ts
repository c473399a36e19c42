// Everything that needs no run of the product: format, types, lint, layers, dead code, known weaknesses. One table, one line each.
import { spawnSync } from 'node:child_process';

const steps: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['format', 'biome', 'check', '.'],
  ['types', 'tsc', '-b'],
  // Without a cache: rules that know types see other files than the one they judge.
  ['lint', 'eslint', '.', '--max-warnings', '0'],
  [
    'layers',
    'depcruise',
    '--config',
    '.dependency-cruiser.cjs',
    'app',
    'main',
    'native',
    'renderer',
    'e2e',
  ],
  ['dead code', 'knip'],
  ['known weaknesses', process.execPath, 'scripts/audit.ts'],
];

let failed = 0;
for (const [name, command, ...args] of steps) {
  const started = Date.now();
  const result = spawnSync(command, args, {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
  });
  const ok = result.status === 0;
  console.log(
    `${ok ? 'ok    ' : 'FAILED'} ${name} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  const note = ok ? /^note: .*$/m.exec(result.stdout)?.[0] : undefined;
  if (note !== undefined) console.log(note);
  if (!ok) {
    failed += 1;
    console.log(`${result.stdout}${result.stderr}`.trimEnd());
  }
}
process.exitCode = failed === 0 ? 0 : 1;
