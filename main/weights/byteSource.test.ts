import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openTensorFile } from './openTensorFile.ts';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import { dict, floats, pickle, tensor, zipCheckpoint } from './testing/checkpointWriter.ts';

const { folder, fileOf } = checkpointFiles();

it.each([
  ['in a folder that is a file', 'file/x.pth', 'not-found'],
  ['of a name that no system takes', `${'x'.repeat(300)}.pth`, 'not-readable'],
])('a file %s is refused by its path', async (_, name, code) => {
  writeFileSync(join(folder, 'file'), '');
  const path = join(folder, name);
  await expect(openTensorFile(path)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(`${path} could not be opened`) as unknown,
  });
});

it('a folder is refused', async () => {
  mkdirSync(join(folder, 'folder.pth'));
  await expect(openTensorFile(join(folder, 'folder.pth'))).rejects.toMatchObject({
    message: expect.stringContaining('folder.pth') as unknown,
  });
});

it('a file that is cut off while it is read says so', async () => {
  const weight = tensor({ elements: 2, shape: [2], stride: [1] });
  const path = fileOf(zipCheckpoint(pickle(dict(['w', weight])), { 0: floats(1, 2) }));
  const file = await openTensorFile(path);
  truncateSync(path, 10);
  await expect(file.read('w')).rejects.toMatchObject({
    code: 'bad-weights',
    message: expect.stringContaining('became shorter while it was read') as unknown,
  });
  await file.close();
});
