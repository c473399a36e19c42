import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PlaneStore } from './planeStore.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-planes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const plane = (value: number) => ({
  samples: new Uint8Array(2048).fill(value),
  mask: new Uint8Array(1024).fill(1),
});

it('gives back what it was given, to another process too, and to no other state of the file', () => {
  const store = new PlaneStore(folder, 2 ** 20);
  store.scene('a.tif', 'one').write('0-0-0-0', plane(7));
  const again = new PlaneStore(folder, 2 ** 20);
  expect(again.scene('a.tif', 'one').read('0-0-0-0', 2048, 1024)).toEqual(plane(7));
  expect(again.scene('a.tif', 'two').read('0-0-0-0', 2048, 1024)).toBeUndefined();
  expect(again.scene('a.tif', 'one').read('0-0-0-1', 2048, 1024)).toBeUndefined();
});

it('does not give back what was cut short or changed', () => {
  const scene = new PlaneStore(folder, 2 ** 20).scene('a.tif', 'one');
  scene.write('0-0-0-0', plane(7));
  const [name] = readdirSync(folder);
  const path = join(folder, name!, '0-0-0-0');
  const bytes = readFileSync(path);
  expect(readdirSync(join(folder, name!))).toEqual(['0-0-0-0']);
  writeFileSync(path, bytes.subarray(0, 3000));
  expect(scene.read('0-0-0-0', 2048, 1024)).toBeUndefined();
  bytes[100]! ^= 1;
  writeFileSync(path, bytes);
  expect(scene.read('0-0-0-0', 2048, 1024)).toBeUndefined();
});

it('drops the scenes that were opened longest ago, and stays within its budget', () => {
  const store = new PlaneStore(folder, 20_000);
  const seen = new Set<string>();
  ['a', 'b', 'c'].forEach((uri, i) => {
    const scene = store.scene(uri, 'one');
    for (let n = 0; n < 2; n++) scene.write(`0-0-0-${n}`, plane(i));
    const [newest] = readdirSync(folder).filter((name) => !seen.has(name));
    seen.add(newest!);
    utimesSync(join(folder, newest!), i, i);
  });
  for (let n = 2; n < 4; n++) store.scene('c', 'one').write(`0-0-0-${n}`, plane(2));
  expect(store.scene('a', 'one').read('0-0-0-0', 2048, 1024)).toBeUndefined();
  expect(store.scene('c', 'one').read('0-0-0-3', 2048, 1024)).toEqual(plane(2));
  for (let n = 4; n < 20; n++) store.scene('c', 'one').write(`0-0-0-${n}`, plane(2));
  const bytes = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  expect(bytes.length * 3076).toBeLessThanOrEqual(20_000 + 3076);
});

it('keeps nothing where it cannot write, and says so to nobody', () => {
  writeFileSync(join(folder, 'file'), '');
  const scene = new PlaneStore(join(folder, 'file'), 2 ** 20).scene('a.tif', 'one');
  scene.write('0-0-0-0', plane(7));
  expect(scene.read('0-0-0-0', 2048, 1024)).toBeUndefined();
});
