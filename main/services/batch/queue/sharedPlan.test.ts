import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BatchMapped } from '../../../workers/batchMap.ts';
import { forgetWork, publish, takenFolder, workFolder } from './publish.ts';
import { checkModel, readSharedPlan, type SharedPlan } from './sharedPlan.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'prismap-shared-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('what a batch tells its workers', () => {
  const write = (text: string): void => {
    mkdirSync(join(folder, '.batch'), { recursive: true });
    writeFileSync(join(folder, '.batch/shared.json'), text);
  };

  test.each([
    ['no JSON', '{', 'corrupt', /is not what a batch writes/],
    ['something else', '{"version":1}', 'corrupt', /is not what a batch writes/],
    ['of a newer program', '{"version":2,"more":true}', 'newer-version', /made by a newer Prismap/],
  ])('is refused where it is %s', async (_, text, code, why) => {
    write(text);
    await expect(readSharedPlan(folder)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(why) as unknown,
    });
  });

  test('is sought elsewhere where this machine does not see it', async () => {
    writeFileSync(join(folder, 'file'), '');
    for (const out of [folder, join(folder, 'file')])
      await expect(readSharedPlan(out)).rejects.toMatchObject({
        code: 'not-found',
        message: expect.stringContaining('Say with --out') as unknown,
      });
    mkdirSync(join(folder, '.batch/shared.json'), { recursive: true });
    await expect(readSharedPlan(folder)).rejects.toMatchObject({
      code: 'not-readable',
      message: expect.stringContaining('(EISDIR)') as unknown,
    });
  });
});

describe('the model of a worker', () => {
  const contents = { 'model.json': '{}', 'weights.safetensors': 'weights' };
  const planned = (hashes: Readonly<Record<string, string>>): SharedPlan =>
    ({ model: { name: 'model', hashes } }) as SharedPlan;
  const right = Object.fromEntries(
    Object.entries(contents).map(([name, text]) => [name, sha256(text)]),
  );
  beforeEach(() => {
    for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text);
  });

  test('is that of the batch', async () => {
    await expect(checkModel(folder, planned(right))).resolves.toBeUndefined();
  });

  test.each([
    ['one file', { ...right, 'model.json': sha256('other') }, /: model\.json differs\./],
    ['all files', {}, /: model\.json and weights\.safetensors differ\./],
  ])('is refused where %s are others', async (_, hashes, why) => {
    await expect(checkModel(folder, planned(hashes))).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringMatching(why) as unknown,
    });
  });

  test.each(['nowhere', 'model.json'])('is refused where it is no folder: %s', async (name) => {
    await expect(checkModel(join(folder, name), planned(right))).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('--model') as unknown,
    });
  });
});

describe('results of a worker', () => {
  const job = '8a2f7c1e-00-0';
  const taken = '8a2f7c1e-7f83-4b1a-9d7e-0d8a4f1b2c3d';
  const results = { 'a/map.tif': 'map', 'a/map.gpkg': 'areas', 'score.tif': 'score' };
  const answer = {
    files: Object.entries(results).map(([path, text]) => ({
      ...{ path, bytes: text.length, modified: 0, sha256: sha256(text) },
    })),
  } as unknown as BatchMapped;
  const made = (): string => takenFolder(folder, job, taken);
  const put = (under: string, path: string, text: string): void => {
    mkdirSync(join(under, path, '..'), { recursive: true });
    writeFileSync(join(under, path), text);
  };
  const found = (): Record<string, string> =>
    Object.fromEntries(
      Object.keys(results).map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
    );

  test('get their names, also where that was cut short before', async () => {
    for (const [path, text] of Object.entries(results)) put(made(), path, text);
    await publish(answer, 'a/map.tif', made(), folder);
    expect(found()).toEqual(results);
    // nothing is left of the worker, and all have their names
    await publish(answer, 'a/map.tif', made(), folder);
    expect(found()).toEqual(results);
    await forgetWork(folder, job);
    expect(existsSync(join(workFolder(folder), job))).toBe(false);
  });

  test.each([
    ['is nowhere', undefined],
    ['is of another length', 'a longer score'],
    ['has other bytes', 'SCORE'],
  ])('are refused where one %s, and the map does not appear', async (_, there) => {
    for (const path of ['a/map.tif', 'a/map.gpkg'] as const) put(made(), path, results[path]);
    if (there !== undefined) put(folder, 'score.tif', there);
    await expect(publish(answer, 'a/map.tif', made(), folder)).rejects.toMatchObject({
      code: 'internal',
      message: expect.stringContaining('its result score.tif is not in the folder') as unknown,
    });
    expect(existsSync(join(folder, 'a/map.tif'))).toBe(false);
  });

  test('say where they cannot be written', async () => {
    for (const [path, text] of Object.entries(results)) put(made(), path, text);
    writeFileSync(join(folder, 'a'), 'a file where a folder is needed');
    await expect(publish(answer, 'a/map.tif', made(), folder)).rejects.toMatchObject({
      code: 'not-writable',
    });
  });
});
