import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { diagnose } from './doctor.ts';
import type { EngineId } from './engine.ts';
import { openEngine } from './table.ts';

const root = join(import.meta.dirname, '..', '..');
const built = existsSync(join(root, 'native', 'build', 'tfjs_binding.node'));
let copy = '';

/** A checkout whose engine was never built: sources copied, packages linked. */
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'prismap-engine-'));
  for (const folder of ['app', 'main/engines', 'native']) {
    cpSync(join(root, folder), join(copy, folder), {
      recursive: true,
      filter: (path) => !path.includes(join('native', 'build')),
    });
  }
  cpSync(join(root, 'package.json'), join(copy, 'package.json'));
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

function inCopy(source: string): string {
  const script = join(copy, 'script.ts');
  writeFileSync(script, source);
  const result = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  return result.stdout;
}

test('the best engine that works is opened, and says what it is', async () => {
  const { info } = await openEngine({ threads: 2 });
  expect(info.engine).toBe(built ? 'tensorflow' : 'wasm');
  expect(info.problems).toHaveLength(built ? 0 : 1);
  expect(info.fused).toContain('selectiveScan');
  if (built) expect(info.device).toMatch(/2 threads/);
});

test('without a built engine the next one is used, with the reason and the cure', () => {
  const output = inCopy(`
    import { openEngine } from './main/engines/table.ts';
    const { info } = await openEngine();
    console.log(JSON.stringify(info));`);
  const info = JSON.parse(output) as Awaited<ReturnType<typeof diagnose>>;
  expect(info.engine).toBe('wasm');
  expect(info.problems).toHaveLength(1);
  expect(info.problems[0]!.part).toBe('tensorflow');
  expect(info.problems[0]!.cure).toMatch(/setup/);
});

test('an engine that is asked for by name and does not work is an error with its cure', () => {
  const output = inCopy(`
    import { openEngine } from './main/engines/table.ts';
    await openEngine({ engine: 'tensorflow' }).catch((e) => console.log(e.code, e.details.cure));`);
  expect(output).toMatch(/^engine .*setup/);
});

test('TensorFlow loads without a word on standard error', () => {
  const source = `import { openEngine } from '${join(root, 'main/engines/table.ts')}'; await openEngine();`;
  inCopy(source);
});

// glibc notices a damaged heap under the profiler's many small allocations: how TensorFlow's eager MatMul was caught.
test('a hundred training steps leave the heap intact', () => {
  const source = `
    import { spectralMamba, spectralMambaConfig } from '${join(root, 'app/model/spectralMamba.ts')}';
    import { openEngine } from '${join(root, 'main/engines/table.ts')}';
    const config = spectralMambaConfig({ bands: 40, classes: 5, pieces: 4 });
    const model = { family: spectralMamba, config, weights: spectralMamba.initialWeights(config, 1) };
    const options = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 };
    const trainer = (await openEngine({ threads: 2 })).trainer(model, options);
    const input = Float32Array.from({ length: 64 * 40 }, (_, i) => Math.sin(i * 0.1));
    const labels = Int32Array.from({ length: 64 }, (_, i) => i % 5);
    for (let i = 0; i < 100; i++) trainer.step({ input, labels, count: 64 }, 1e-3);
    console.log('intact');`;
  const script = join(copy, 'soak.ts');
  writeFileSync(script, source);
  const options = ['--cpu-prof', '--cpu-prof-dir', copy, script];
  const result = spawnSync(process.execPath, options, { encoding: 'utf8' });
  expect(result.stderr).toBe('');
  expect(result.stdout).toBe('intact\n');
});

test('an unknown engine is refused with the names of the known ones', async () => {
  await expect(openEngine({ engine: 'abacus' as EngineId })).rejects.toThrow(
    /tensorflow, wasm, cpu/,
  );
});

test('doctor reports the engine, the machine and a measured speed', async () => {
  const report = await diagnose({ engine: 'cpu' });
  expect(report.engine).toBe('cpu');
  expect(report.matmulGflops).toBeGreaterThan(0.01);
  expect(report.matmulGflops).toBeLessThan(1000);
  expect(report.cores).toBeGreaterThan(0);
  expect(report.memoryBytes).toBeGreaterThan(1e8);
});
