import { spawnSync } from 'node:child_process';
import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppError } from '../app/error.ts';
import {
  nameNew,
  removeStaleParts,
  removeStalePartsIn,
  syncFolder,
  temporaryName,
  writeError,
  writeFileAtomic,
} from './atomicFile.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-atomic-'));
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

const failure = async (work: Promise<unknown>): Promise<AppError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(AppError);
  return error as AppError;
};

test('replaces a file and leaves nothing else', async () => {
  const path = join(folder, 'a.json');
  await writeFileAtomic(path, 'old');
  await writeFileAtomic(path, new Uint8Array([110, 101, 119]));
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['a.json']);
});

test('a missing folder, a folder of that name and a file as folder are refused with the cure', async () => {
  mkdirSync(join(folder, 'taken', 'inner'), { recursive: true });
  writeFileSync(join(folder, 'file'), 'x');
  for (const path of ['none/a', 'taken', 'file/a']) {
    const error = await failure(writeFileAtomic(join(folder, path), 'x'));
    expect(error.code).toBe('not-writable');
    expect(error.message).toContain(join(folder, path));
    expect(error.message).toMatch(/choose/i);
  }
  expect(readdirSync(folder).sort()).toEqual(['file', 'taken']);
});

test('a cancelled write leaves the old file', async () => {
  const path = join(folder, 'a');
  await writeFileAtomic(path, 'old');
  const error = await failure(writeFileAtomic(path, 'new', AbortSignal.abort()));
  expect(error.code).toBe('cancelled');
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['a']);
});

test('parts of processes that are gone are removed, those of living ones are not', async () => {
  const path = join(folder, 'map.tif');
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  const mine = temporaryName(path);
  const theirs = mine.replace(`-${process.pid}-`, `-${gone}-`);
  for (const name of [mine, theirs, `${path}.part-notes`]) writeFileSync(name, '');
  await removeStaleParts(path);
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual(
    [mine, `${path}.part-notes`].sort(),
  );
});

test('of a whole folder the parts that nobody owns go, and nothing else', async () => {
  const { pid } = spawnSync(process.execPath, ['-e', '']);
  const dead = (name: string): string =>
    temporaryName(join(folder, name)).replace(`-${process.pid}-`, `-${pid}-`);
  const kept = ['map.tif', 'map.tif.part-notes', 'map.tif.part-0123.journal'];
  for (const name of kept) writeFileSync(join(folder, name), '');
  const mine = temporaryName(join(folder, 'map.gpkg'));
  for (const path of [mine, dead('map.gpkg'), dead('map.tif'), dead('map.part-x.tif')])
    writeFileSync(path, '');
  await removeStalePartsIn(folder);
  expect(readdirSync(folder).map((name) => join(folder, name))).toEqual(
    [mine, ...kept.map((name) => join(folder, name))].sort(),
  );
  await expect(removeStalePartsIn(join(folder, 'none'))).resolves.toBeUndefined();
});

test('system errors become codes that scripts can rely on', () => {
  const system = (code: string): Error =>
    Object.assign(new Error(`${code}: x`), { code, syscall: 'write' });
  expect(writeError(system('ENOSPC'), '/a').code).toBe('disk-full');
  expect(writeError(system('EDQUOT'), '/a').code).toBe('disk-full');
  // as Node tells it on Linux
  const quota = { code: 'Unknown system error -122', errno: -constants.errno.EDQUOT };
  const told = Object.assign(new Error('write'), { ...quota, syscall: 'write' });
  expect(writeError(told, '/a')).toMatchObject({
    code: 'disk-full',
    message: expect.stringContaining('quota') as string,
  });
  expect(writeError(system('EROFS'), '/a').code).toBe('not-writable');
  expect(writeError(system('EWHATEVER'), '/a').message).toContain('EWHATEVER');
  expect(writeError(new TypeError('slip'), '/a').code).toBe('internal');
  expect(writeError('no error at all', '/a').message).toContain('no error at all');
  const numbered = Object.assign(new Error('odd'), { code: 5, syscall: 'write' });
  expect(writeError(numbered, '/a')).toMatchObject({ code: 'internal' });
});

test('a finished file gets its name, and never that of another', () => {
  const [path, temporary] = [join(folder, 'map.gpkg'), join(folder, 'map.part')];
  writeFileSync(temporary, 'new');
  nameNew(temporary, path);
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(folder)).toEqual(['map.gpkg']);
  writeFileSync(temporary, 'newer');
  expect(() => nameNew(temporary, path)).toThrow(
    expect.objectContaining({ code: 'EEXIST' }) as Error,
  );
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(() => nameNew(join(folder, 'none'), join(folder, 'other'))).toThrow(/ENOENT/);
});

describe('a folder', () => {
  const system = (code: string): Error =>
    Object.assign(new Error(code), { code, syscall: 'fsync' });

  /** Makes a call of the system fail, in this process only. */
  function failing(call: 'fsyncSync' | 'openSync', error: Error): void {
    vi.spyOn(fs, call).mockImplementation(() => {
      throw error;
    });
    syncBuiltinESMExports();
  }

  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  test.each([
    ['EIO', false],
    ['ENOSPC', false],
    // What file systems say that cannot sync a folder
    ['EINVAL', true],
    ['EPERM', true],
  ])('that cannot be made durable (%s)', async (code, fine) => {
    const handle = await open(folder, 'r');
    const prototype = Object.getPrototypeOf(handle) as FileHandle;
    await handle.close();
    vi.spyOn(prototype, 'sync').mockRejectedValue(system(code));
    const synced = await syncFolder(folder).then(
      () => true,
      () => false,
    );
    expect(synced).toBe(fine);

    const temporary = join(folder, 'map.part');
    writeFileSync(temporary, 'new');
    failing('fsyncSync', system(code));
    const name = (): void => nameNew(temporary, join(folder, 'map'));
    if (fine) expect(name).not.toThrow();
    else expect(name).toThrow(code);
  });

  test('that cannot be opened, or is not there, is left alone', async () => {
    await expect(syncFolder(join(folder, 'none'))).resolves.toBeUndefined();
    const temporary = join(folder, 'map.part');
    writeFileSync(temporary, 'new');
    failing('openSync', Object.assign(new Error('no'), { code: 'EACCES', syscall: 'open' }));
    nameNew(temporary, join(folder, 'map'));
    expect(readdirSync(folder)).toEqual(['map']);
    // An error that is none of the system's says nothing of the disk.
    failing('openSync', new TypeError('slip'));
    renameSync(join(folder, 'map'), temporary);
    expect(() => nameNew(temporary, join(folder, 'map'))).not.toThrow();
  });
});
