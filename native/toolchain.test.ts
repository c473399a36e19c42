import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeInto, readStamp, writeStamp } from './toolchain.mjs';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-build-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const product = 'library.node';

/** Writes the product in two pieces, as a linker does. */
function writeSlowly(text: string) {
  return async (work: string) => {
    writeFileSync(join(work, product), text);
    await wait(30);
    writeFileSync(join(work, product), text, { flag: 'a' });
    return [product];
  };
}

test('whoever has the old library open keeps it whole while a new one takes its place', async () => {
  writeFileSync(join(folder, product), 'old');
  const loaded = openSync(join(folder, product), 'r');
  try {
    await makeInto(folder, writeSlowly('new'));
    expect(readFileSync(loaded, 'utf8')).toBe('old');
  } finally {
    closeSync(loaded);
  }
  expect(readFileSync(join(folder, product), 'utf8')).toBe('newnew');
});

test('two builds at a time do not mix, and a whole product is there all the time', async () => {
  writeFileSync(join(folder, product), 'old');
  let running = true;
  const seen = new Set<string>();
  const watch = async () => {
    while (running) {
      seen.add(readFileSync(join(folder, product), 'utf8'));
      await wait(1);
    }
  };
  const watching = watch();
  await Promise.all(['a', 'b', 'c'].map((text) => makeInto(folder, writeSlowly(text))));
  running = false;
  await watching;
  expect([...seen].filter((text) => !['old', 'aa', 'bb', 'cc'].includes(text))).toEqual([]);
  expect(readFileSync(join(folder, product), 'utf8')).toMatch(/^(aa|bb|cc)$/);
  expect(readdirSync(folder)).toEqual([product]);
});

test('a build that fails leaves what was there, and nothing of its own', async () => {
  writeFileSync(join(folder, product), 'old');
  const failing = makeInto(folder, async (work: string) => {
    await writeSlowly('half')(work);
    throw new Error('the linker failed');
  });
  await expect(failing).rejects.toThrow('the linker failed');
  expect(readFileSync(join(folder, product), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual([product]);
});

test('a stamp comes back as it was written, in a folder that was not there', async () => {
  const file = join(folder, 'build', 'build.json');
  expect(readStamp(file)).toBeUndefined();
  await writeStamp(file, { inputs: 'hash' });
  expect(readStamp(file)).toEqual({ inputs: 'hash' });
  expect(existsSync(join(folder, 'build', 'build.json'))).toBe(true);
});
