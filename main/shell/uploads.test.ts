import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, describe, expect, test } from 'vitest';
import { receiveUpload, uploadLimitBytes, uploadPath } from './uploads.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-uploads-'));
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const parts = (...texts: string[]): Readable =>
  Readable.from(texts.map((text) => Buffer.from(text)));
const left = (group: string): string[] =>
  readdirSync(join(folder, group), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(folder, group), join(entry.parentPath, entry.name)))
    .sort();

test('a file and its companion lie together under their own names', async () => {
  const header = { name: 'cube é.hdr', group: 'g1', bytes: 4, body: parts('EN', 'VI') };
  const path = await receiveUpload(folder, header, never);
  await receiveUpload(folder, { name: 'cube é.dat', group: 'g1', bytes: 0, body: parts() }, never);
  expect(path).toBe(join(folder, 'g1', 'cube é.hdr'));
  expect(readFileSync(path, 'utf8')).toBe('ENVI');
  expect(left('g1')).toEqual(['cube é.dat', 'cube é.hdr']);
});

test('a folder keeps its shape, and drops without a group do not meet', async () => {
  const name = 'S2A.SAFE/GRANULE/L2A/B02.jp2';
  const path = await receiveUpload(
    folder,
    { name, group: 'g2', bytes: 1, body: parts('x') },
    never,
  );
  expect(relative(folder, path)).toBe(join('g2', ...name.split('/')));
  const one = uploadPath(folder, { name: 'a.tif' });
  expect(one).not.toBe(uploadPath(folder, { name: 'a.tif' }));
});

describe('nothing is left of what did not arrive whole', () => {
  test.each([
    ['short', 5, 1e12, 'corrupt'],
    ['long', 2, 1e12, 'corrupt'],
    ['large', uploadLimitBytes + 1, 1e12, 'too-large'],
    ['full', 1000, 2 ** 28 + 999, 'disk-full'],
  ])('%s', async (group, bytes, free, code) => {
    const upload = { name: 'a.tif', group, bytes, body: parts('abc') };
    const received = receiveUpload(folder, upload, never, async () => free);
    await expect(received).rejects.toMatchObject({ code });
    expect(left(group)).toEqual([]);
  });

  test('cancelled', async () => {
    const controller = new AbortController();
    const body = new Readable({ read: () => undefined });
    body.push('abc');
    const upload = { name: 'a.tif', group: 'cancelled', bytes: 10, body };
    const received = receiveUpload(folder, upload, controller.signal);
    setTimeout(() => controller.abort(), 50);
    await expect(received).rejects.toMatchObject({ code: 'cancelled' });
    expect(left('cancelled')).toEqual([]);
  });
});

test.each([
  '',
  '.',
  '..',
  '../a.tif',
  'a/../../b.tif',
  'a//b.tif',
  '/a.tif',
  'a\\b.tif',
  'C:a.tif',
  'a\0.tif',
  'a\n.tif',
  '.bashrc',
  '-rf',
  'a.tif ',
  'a.tif.',
  ' a.tif',
  'CON',
  'nul.tif',
  'com1',
  'a?.tif',
  'a:stream',
  `${'x'.repeat(201)}`,
  Array.from({ length: 13 }, () => 'a').join('/'),
])('%j is no name', (name) => {
  expect(() => uploadPath(folder, { name })).toThrow(/cannot be a file name/);
});

test.each(['', '..', 'a/b', 'A', 'a b', 'x'.repeat(33)])('%j is no group', (group) => {
  expect(() => uploadPath(folder, { name: 'a.tif', group })).toThrow(/letters and digits/);
});
