import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createLog, logFiles } from './log.ts';

const root = mkdtempSync(join(tmpdir(), 'prismap-log-test-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const linesOf = (path: string): Record<string, unknown>[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

test('each event is a line of JSON that is there when the call returns', () => {
  const folder = join(root, 'lines');
  const log = createLog({ folder, name: 'serve' });
  log.info('job.ended', { kind: 'train', seconds: 1.5 });
  log.error('bug', { stack: 'a\nb', url: 'redis://u:geheim@h', long: 'x'.repeat(9000) });
  const [path] = logFiles(folder);
  const [first, second] = linesOf(path!);
  expect(first).toMatchObject({
    level: 'info',
    event: 'job.ended',
    process: 'serve',
    pid: process.pid,
    kind: 'train',
    seconds: 1.5,
  });
  expect(Math.abs(Date.parse(String(first!['time'])) - Date.now())).toBeLessThan(60_000);
  expect(second).toMatchObject({ level: 'error', stack: 'a\nb', url: 'redis://•••@h' });
  expect(String(second!['long'])).toHaveLength(4001);
  if (process.platform !== 'win32') {
    expect(statSync(path!).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  }
});

test('files are bounded in size and number, and the newest events are kept', () => {
  const folder = join(root, 'rotated');
  mkdirSync(folder);
  writeFileSync(join(folder, 'notes.txt'), 'not a log');
  const log = createLog({ folder, name: 'batch', fileBytes: 2000, keptFiles: 3 });
  for (let i = 0; i < 500; i++) log.info('scene.done', { i });
  const files = logFiles(folder);
  expect(files).toHaveLength(3);
  for (const path of files) expect(statSync(path).size).toBeLessThan(2200);
  const kept = files.toReversed().flatMap(linesOf);
  expect(kept.at(-1)).toMatchObject({ i: 499 });
  expect(kept.map(({ i }) => i)).toEqual(kept.map((_, at) => 500 - kept.length + at));
  expect(readdirSync(folder)).toContain('notes.txt');
});

test('a folder that cannot be written stops nothing; what was lost is counted', () => {
  const folder = join(root, 'blocked');
  writeFileSync(folder, 'a file in its place');
  const log = createLog({ folder, name: 'serve' });
  log.info('one');
  log.info('two');
  rmSync(folder);
  log.info('three');
  expect(linesOf(logFiles(folder)[0]!)).toMatchObject([{ event: 'three', lost: 2 }]);
  chmodSync(folder, 0o700);
});
