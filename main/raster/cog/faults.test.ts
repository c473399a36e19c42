import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { AppError } from '../../../app/error.ts';
import { createRandom } from '../../../app/random.ts';
import { temporaryName } from '../../atomicFile.ts';
import { type CogWriterOptions, createCogWriter } from './writeCog.ts';

const script = fileURLToPath(import.meta.resolve('./testing/slowWriter.ts'));
const bigScript = fileURLToPath(import.meta.resolve('./testing/bigWriter.ts'));

/** Runs a command of the system; whether it went well. */
const system = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args).status === 0;
const base = mkdtempSync(join(tmpdir(), 'prismap-fault-'));
let folder = '';
let reference: Buffer;
let count = 0;

const form = (path: string, key: string): string[] => [script, path, '500', '90', key];

beforeAll(() => {
  chmodSync(base, 0o755);
  const path = join(base, 'reference.tif');
  execFileSync(process.execPath, form(path, '-'));
  reference = readFileSync(path);
});
beforeEach(() => {
  folder = join(base, `run-${count++}`);
  mkdirSync(folder);
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const options: CogWriterOptions = {
  grid: { width: 300, height: 200 },
  bands: [{ name: '', type: 'uint16' }],
  tileSize: 64,
};
const noise = (length: number, seed: number): Uint16Array => {
  const random = createRandom(seed, 'noise');
  return Uint16Array.from({ length }, () => random.integer(65536));
};
const block = (y: number, height: number) => ({
  window: { x: 0, y, width: 300, height },
  bands: [noise(300 * height, y)],
});

async function failure(work: () => Promise<unknown>): Promise<AppError> {
  const error = await work().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
}

/** Runs the writer and kills it when it has written some windows and some milliseconds more have passed. */
function runAndKill(
  path: string,
  key: string,
  after: { readonly windows: number; readonly milliseconds: number },
): Promise<{ finished: boolean; windows: number }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...form(path, key), '2'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let windows = 0;
    const count = (text: string): void => {
      windows += text.split('\n').filter((line) => /^\d+$/.test(line)).length;
      if (windows >= after.windows && !child.killed)
        setTimeout(() => child.kill('SIGKILL'), after.milliseconds);
    };
    child.stdout.setEncoding('utf8').on('data', count);
    child.on('close', (code) => resolve({ finished: code === 0, windows }));
  });
}

test('a killed run leaves nothing, or the whole map', async () => {
  const path = join(folder, 'map.tif');
  const random = createRandom(7, 'kills');
  for (let round = 0; round < 8; round++) {
    const after = { windows: 1 + random.integer(36), milliseconds: random.integer(40) };
    const { finished } = await runAndKill(path, '-', after);
    if (existsSync(path)) expect(readFileSync(path).equals(reference)).toBe(true);
    else expect(finished).toBe(false);
    if (finished) rmSync(path);
  }
  // a kill between a side file and its name is rare: here is what it leaves, under the number of a process that is gone
  const gone = spawnSync(process.execPath, ['--version']).pid;
  const left = temporaryName(`${path}.aux.xml`).replace(`-${process.pid}-`, `-${gone}-`);
  writeFileSync(left, 'half');
  execFileSync(process.execPath, form(path, '-'));
  expect(readFileSync(path).equals(reference)).toBe(true);
  // what the killed ones may have left, the last one removed
  expect(readdirSync(folder).sort()).toEqual(['map.qml', 'map.tif', 'map.tif.aux.xml']);
});

test('a run that is killed again and again goes on where it was, to the same bytes', async () => {
  const path = join(folder, 'map.tif');
  const random = createRandom(8, 'kills');
  const runs: number[] = [];
  for (let finished = false; !finished; ) {
    const after = { windows: 3 + random.integer(6), milliseconds: random.integer(4) };
    const run = await runAndKill(path, 'k', after);
    finished = run.finished;
    runs.push(run.windows);
    if (!finished && existsSync(path)) expect(readFileSync(path).equals(reference)).toBe(true);
    expect(runs.length).toBeLessThan(15);
  }
  expect(readFileSync(path).equals(reference)).toBe(true);
  // 36 windows in all: no run began anew, and hardly one was written twice
  expect(runs.length).toBeGreaterThan(2);
  expect(runs.reduce((a, b) => a + b, 0)).toBeLessThan(36 + 2 * runs.length);
  expect(readdirSync(folder).sort()).toEqual(['map.qml', 'map.tif', 'map.tif.aux.xml']);
});

test('a damaged or foreign scratch file is not believed', async () => {
  const path = join(folder, 'map.tif');
  const resume = { key: 'a' };
  const begin = async (key = 'a') => createCogWriter(path, { ...options, resume: { key } });
  const first = await begin();
  await first.write(block(0, 100));
  expect(first.done({ x: 0, y: 0, width: 300, height: 100 })).toBe(true);
  await first.suspend();
  const scratch = readdirSync(folder).find((name) => name.endsWith('.spool'))!;
  expect(scratch).toMatch(/^map\.tif\.part-/);
  const bytes = readFileSync(join(folder, scratch));
  bytes[bytes.length - 1]! ^= 1;
  writeFileSync(join(folder, scratch), bytes);
  const second = await createCogWriter(path, { ...options, resume });
  expect(second.done({ x: 0, y: 0, width: 300, height: 100 })).toBe(false);
  await second.write(block(0, 100));
  await second.suspend();
  truncateSync(join(folder, scratch), 1000);
  const third = await begin();
  await third.write(block(0, 100));
  await third.write(block(100, 100));
  await third.finish();
  const resumed = readFileSync(path);
  const plain = await createCogWriter(path, options);
  await plain.write(block(0, 100));
  await plain.write(block(100, 100));
  await plain.finish();
  expect(readFileSync(path).equals(resumed)).toBe(true);
  const other = await begin('b');
  expect(other.done({ x: 0, y: 0, width: 10, height: 10 })).toBe(false);
  await other.abort();
  expect(readdirSync(folder)).toEqual(['map.tif']);
});

test('a window is written again of which one part was lost, also into a tile that is complete by now', async () => {
  const path = join(folder, 'map.tif');
  const begin = async () => createCogWriter(path, { ...options, resume: { key: 'a' } });
  const part = (x: number, y: number, width: number, height: number) => ({
    window: { x, y, width, height },
    bands: [noise(width * height, x + 1000 * y)],
  });
  const across = part(0, 0, 40, 100);
  const first = await begin();
  await first.write(across);
  await first.suspend();
  // as where its second line could not be written: tiles of 64 pixels, so it has two parts
  const journal = join(folder, readdirSync(folder).find((name) => name.endsWith('.journal'))!);
  const lines = readFileSync(journal, 'utf8').split('\n');
  expect(lines).toHaveLength(3);
  writeFileSync(journal, `${lines[0]}\n`);
  const rest = [part(40, 0, 24, 64), part(40, 64, 24, 36), part(64, 0, 236, 100), block(100, 100)];
  const second = await begin();
  expect(second.done(across.window)).toBe(false);
  for (const one of [rest[0]!, across, ...rest.slice(1)]) await second.write(one);
  await second.finish();
  const resumed = readFileSync(path);
  const plain = await createCogWriter(path, options);
  for (const one of [across, ...rest]) await plain.write(one);
  await plain.finish();
  expect(readFileSync(path).equals(resumed)).toBe(true);
});

test('suspended work of another key is thrown away, and abort removes what was kept', async () => {
  const path = join(folder, 'map.tif');
  for (const key of ['a', 'b']) {
    const writer = await createCogWriter(path, { ...options, resume: { key } });
    await writer.write(block(0, 10));
    await writer.suspend();
    expect(readdirSync(folder)).toHaveLength(2);
    if (key === 'b') await writer.abort();
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('cancelling, missing pixels and pixels written twice leave nothing', async () => {
  const path = join(folder, 'map.tif');
  const controller = new AbortController();
  const cancelled = await createCogWriter(path, { ...options, signal: controller.signal });
  await cancelled.write(block(0, 100));
  controller.abort();
  expect((await failure(() => cancelled.write(block(100, 100)))).code).toBe('cancelled');
  const missing = await createCogWriter(path, options);
  await missing.write(block(0, 100));
  expect((await failure(() => missing.finish())).message).toContain('lack pixels');
  const twice = await createCogWriter(path, options);
  await twice.write(block(0, 100));
  expect(await failure(() => twice.write(block(90, 20)))).toBeInstanceOf(AppError);
  const outside = await createCogWriter(path, options);
  expect((await failure(() => outside.write(block(150, 100)))).code).toBe('no-overlap');
  await outside.abort();
  await outside.abort();
  expect((await failure(() => outside.finish())).code).toBe('usage');
  expect(readdirSync(folder)).toEqual([]);
});

test('a part of the grid can be mapped, the rest is nodata', async () => {
  const path = join(folder, 'map.tif');
  const band = { name: '', type: 'uint16' as const, nodata: 9 };
  const writer = await createCogWriter(path, { ...options, bands: [band], unwritten: 'nodata' });
  await writer.write(block(70, 10));
  const { statistics } = await writer.finish();
  const valid = noise(3000, 70).filter((value) => value !== 9).length;
  expect(statistics[0]?.validPercent).toBeCloseTo((100 * valid) / (300 * 200), 6);
});

const root = process.getuid?.() === 0;
const tmpfs = (path: string, size: string): boolean =>
  system('mount', '-t', 'tmpfs', '-o', `size=${size}`, 'none', path);
const remount = (path: string, option: string): boolean =>
  system('mount', '-o', `remount,${option}`, path);
const unmount = (path: string): boolean => system('umount', path);
const hasTmpfs = root && tmpfs(base, '1m') && unmount(base);

test.skipIf(!hasTmpfs)(
  'a full disk is said so and left clean; a resumed run goes on after space was made (skipped: tmpfs cannot be mounted)',
  async () => {
    expect(tmpfs(folder, '200k')).toBe(true);
    try {
      const path = join(folder, 'map.tif');
      const writer = await createCogWriter(path, options);
      const error = await failure(async () => {
        for (let y = 0; y < 200; y += 20) await writer.write(block(y, 20));
        await writer.finish();
      });
      expect(error.code).toBe('disk-full');
      expect(error.message).toContain(path);
      expect(error.message).toMatch(/free some space/i);
      expect(readdirSync(folder)).toEqual([]);
      const resume = { key: 'k' };
      const kept = await createCogWriter(path, { ...options, resume });
      expect(
        (
          await failure(async () => {
            for (let y = 0; y < 200; y += 20) await kept.write(block(y, 20));
            await kept.finish();
          })
        ).code,
      ).toBe('disk-full');
      expect(existsSync(path)).toBe(false);
      expect(remount(folder, 'size=2m')).toBe(true);
      const again = await createCogWriter(path, { ...options, resume });
      let skipped = 0;
      for (let y = 0; y < 200; y += 20)
        if (again.done({ x: 0, y, width: 300, height: 20 })) skipped++;
        else await again.write(block(y, 20));
      expect(skipped).toBeGreaterThan(2);
      await again.finish();
      expect(readdirSync(folder)).toEqual(['map.tif']);
      expect(remount(folder, 'ro')).toBe(true);
      const readOnly = await failure(() => createCogWriter(join(folder, 'b.tif'), options));
      expect(readOnly.code).toBe('not-writable');
      expect(readOnly.message).toContain('read-only');
    } finally {
      unmount(folder);
    }
  },
);

const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const;
const hasSetpriv = root && system(asNobody[0], '--version');

test.skipIf(!hasSetpriv)(
  'a folder without permission is said so (skipped: needs root and setpriv)',
  () => {
    chmodSync(folder, 0o555);
    const code = `
      import { createCogWriter } from ${JSON.stringify(join(import.meta.dirname, 'writeCog.ts'))};
      await createCogWriter(${JSON.stringify(join(folder, 'map.tif'))}, ${JSON.stringify(options)})
        .catch((error) => console.log(JSON.stringify({ code: error.code, message: error.message })));`;
    const [command, ...rights] = asNobody;
    const args = [...rights, process.execPath, '--input-type=module', '-e', code];
    const run = spawnSync(command, args, { encoding: 'utf8' });
    const error = JSON.parse(run.stdout) as { code: string; message: string };
    expect(error.code).toBe('not-writable');
    expect(error.message).toContain('no permission');
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('a folder that does not exist, and a folder of that name', async () => {
  for (const path of [join(folder, 'none', 'map.tif'), folder]) {
    const error = await failure(() => createCogWriter(path, options));
    expect(error.code).toBe('not-writable');
    expect(error.message).toContain(path);
  }
});

test('a failure at the very end leaves no files beside', async () => {
  const path = join(folder, 'map.tif');
  const writer = await createCogWriter(path, {
    grid: { width: 20, height: 20 },
    bands: [{ name: '', type: 'uint8' }],
    classNames: new Map([[1, 'x']]),
  });
  const window = { x: 0, y: 0, width: 20, height: 20 };
  await writer.write({ window, bands: [new Uint8Array(400)] });
  // the style cannot be written: a folder has its name
  mkdirSync(join(folder, 'map.qml', 'inner'), { recursive: true });
  expect((await failure(() => writer.finish())).code).toBe('not-writable');
  expect(readdirSync(folder)).toEqual(['map.qml']);
});

test('options that no file can meet are refused', async () => {
  const path = join(folder, 'map.tif');
  const band = { name: '', type: 'uint8' as const };
  const wrong: Partial<CogWriterOptions>[] = [
    { bands: [] },
    { bands: [band, { ...band, type: 'uint16' }] },
    { bands: [{ ...band, nodata: 256 }] },
    { bands: [band, { ...band, nodata: 1 }] },
    { tileSize: 100 },
    { grid: { width: 0, height: 5 } },
    { unwritten: 'nodata' },
    { classNames: new Map([[1, 'x']]), overviews: 'average' },
  ];
  for (const change of wrong) {
    const error = await failure(() => createCogWriter(path, { ...options, ...change }));
    expect(error.code).toBe('usage');
  }
  expect(readdirSync(folder)).toEqual([]);
});

test('memory does not grow with the map', () => {
  const [small, large] = ['1000', '12000'].map((edge) =>
    Number(execFileSync(process.execPath, [bigScript, join(folder, `${edge}.tif`), edge])),
  );
  // 144 million pixels; what does grow is garbage that the collector leaves lying while there is room
  expect(large! - small!).toBeLessThan(110e6);
});
