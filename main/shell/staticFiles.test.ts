import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { staticFiles } from './staticFiles.ts';

const base = mkdtempSync(join(tmpdir(), 'prismap-static-'));
const folder = join(base, 'window');
mkdirSync(join(folder, 'assets'), { recursive: true });
mkdirSync(join(base, 'window-secret'));
writeFileSync(join(base, 'secret.json'), 'secret');
writeFileSync(join(base, 'window-secret', 'secret.json'), 'secret');
writeFileSync(join(folder, 'index.html'), '<p>index');
writeFileSync(join(folder, 'assets', 'main-B1_x.js'), 'code');
writeFileSync(join(folder, '.hidden.json'), 'secret');
writeFileSync(join(folder, 'private.key'), 'secret');
symlinkSync(join(base, 'secret.json'), join(folder, 'link.json'));
symlinkSync(base, join(folder, 'up'));
symlinkSync(join(folder, 'index.html'), join(folder, 'inside.html'));
afterAll(() => rmSync(base, { recursive: true }));

const answer = staticFiles(folder);
const text = async (path: string): Promise<string> =>
  Buffer.from((await answer(path)).body).toString('utf8');

test('files of the folder are answered with their types', async () => {
  expect(await text('/')).toBe('<p>index');
  expect(await text('/index.html')).toBe('<p>index');
  expect(await text('/inside.html')).toBe('<p>index');
  const code = await answer('/assets/main-B1_x.js');
  expect(code.headers).toEqual({
    'content-type': 'text/javascript; charset=utf-8',
    'cache-control': 'max-age=31536000, immutable',
  });
});

/** Ways out of a folder that servers have fallen for, and files that are not to be had. */
const attacks = [
  '/../secret.json',
  '/../../secret.json',
  '/assets/../../secret.json',
  '/assets/../../../secret.json',
  '/./../secret.json',
  '/assets/..',
  '/..',
  '/.',
  '//secret.json',
  '//../secret.json',
  '/..//secret.json',
  '/...//secret.json',
  '/....//secret.json',
  '/%2e%2e/secret.json',
  '/%2E%2E/secret.json',
  '/.%2e/secret.json',
  '/%2e./secret.json',
  '/..%2fsecret.json',
  '/..%2Fsecret.json',
  '/%2e%2e%2fsecret.json',
  '/assets/%2e%2e/%2e%2e/secret.json',
  '/assets%2f..%2f..%2fsecret.json',
  '/%252e%252e/secret.json',
  '/%252e%252e%252fsecret.json',
  '/..%252fsecret.json',
  '/%25252e%25252e/secret.json',
  '/..\\secret.json',
  '/..%5csecret.json',
  '/..%5Csecret.json',
  '/%2e%2e%5csecret.json',
  '/assets\\..\\..\\secret.json',
  '/assets%5c..%5c..%5csecret.json',
  '\\..\\secret.json',
  '/%c0%ae%c0%ae/secret.json',
  '/%c0%ae%c0%ae%c0%afsecret.json',
  '/..%c0%afsecret.json',
  '/%uff0e%uff0e/secret.json',
  '/\uff0e\uff0e/secret.json',
  '/%e2%80%a5/secret.json',
  '/secret.json%00.html',
  '/index.html%00',
  '/%00/../secret.json',
  '/index.html%00.js',
  '/..;/secret.json',
  '/..%3b/secret.json',
  '/;/../secret.json',
  '/~/secret.json',
  '/up/secret.json',
  '/up/window-secret/secret.json',
  '/link.json',
  '/../window-secret/secret.json',
  '/-secret/secret.json',
  '/.hidden.json',
  '/%2ehidden.json',
  '/private.key',
  `${base}/secret.json`,
  `/${base}/secret.json`,
  `/file://${base}/secret.json`,
  '/C:/secret.json',
  '/C:%5csecret.json',
  '/%5c%5cserver%5cshare%5csecret.json',
  '/index.html.',
  '/index.html%20',
  '/index.html::$DATA',
  '/%',
  '/%zz',
  '/assets',
  '/assets/',
  '',
];

test.each(attacks)('%j leads nowhere', async (path) => {
  const { status, body } = await answer(path);
  expect([status, body.length]).toEqual([404, 0]);
});

test('there are at least sixty of them', () => {
  expect(new Set(attacks).size).toBeGreaterThanOrEqual(60);
});
