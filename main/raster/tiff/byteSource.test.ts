import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openFile } from './byteSource.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-bytes-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'bytes');

it('a file that is cut while it is read is damage, told as such', async () => {
  writeFileSync(path, new Uint8Array(100).fill(7));
  const source = openFile(path);
  truncateSync(path, 40);
  const [whole] = await source.read([{ offset: 0, length: 40 }]);
  expect([...whole!]).toEqual(new Array(40).fill(7));
  await expect(source.read([{ offset: 30, length: 20 }])).rejects.toMatchObject({
    code: 'corrupt',
    message: expect.stringContaining('became shorter while it was being read') as string,
  });
  await source.close();
});

it('may be closed twice, and gives nothing afterwards', async () => {
  writeFileSync(path, 'abc');
  const source = openFile(path);
  await source.close();
  await source.close();
  await expect(source.read([{ offset: 0, length: 1 }])).rejects.toThrow('after it was closed');
});

it('counts what it read', async () => {
  writeFileSync(path, 'abcdef');
  const source = openFile(path);
  await source.read([
    { offset: 0, length: 2 },
    { offset: 3, length: 3 },
  ]);
  expect(source.counters()).toEqual({ bytes: 5, requests: 2 });
  await source.close();
});

it.each([
  ['a missing file', 'none', 'not-found', 'does not exist'],
  ['a file in a file', 'bytes/inside', 'not-found', 'does not exist'],
  ['a long name', 'x'.repeat(300), 'not-readable', 'cannot be read (ENAMETOOLONG)'],
  ['a name that ends within', 'a\0b', 'not-readable', 'cannot be read (an unknown error)'],
  ['a folder', '.', 'not-readable', 'is not a file'],
])('%s', (_, name, code, words) => {
  writeFileSync(path, 'abc');
  const open = (): unknown => openFile(`${folder}/${name}`);
  const told = { code, message: expect.stringContaining(words) as string };
  expect(open).toThrow(expect.objectContaining(told) as Error);
});
