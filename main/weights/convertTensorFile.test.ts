import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { convertTensorFile } from './convertTensorFile.ts';
import { openTensorFile } from './openTensorFile.ts';
import { checkpointFiles } from './testing/checkpointFiles.ts';
import { dict, floats, pickle, tensor, zipFile } from './testing/checkpointWriter.ts';

const { folder, fileOf } = checkpointFiles();

/** One tensor in two pieces, of 4 MiB and of 4 bytes. */
const elements = 2 ** 20 + 1;
const numbers = floats(...Array.from({ length: 5 }, (_, i) => i));
const data = Buffer.concat([Buffer.alloc(4 * elements - numbers.length), numbers]);
const content = pickle(dict(['w', tensor({ elements, shape: [elements], stride: [1] })]));
const archive = (checksum?: number): Buffer =>
  zipFile([
    { name: 'x/data.pkl', data: content },
    { name: 'x/data/0', data, ...(checksum !== undefined && { checksum }) },
  ]);

describe('a tensor that is converted in pieces', () => {
  it.each([
    ['with a checksum', undefined],
    ['without one', 0],
  ])('%s has the same numbers', async (_, checksum) => {
    const out = join(folder, 'whole.safetensors');
    await convertTensorFile(fileOf(archive(checksum)), out, undefined);
    const file = await openTensorFile(out);
    expect(data.equals(await file.read('w'))).toBe(true);
    await file.close();
  });

  it('and does not agree with its checksum leaves no file', async () => {
    const out = join(folder, 'damaged.safetensors');
    await expect(convertTensorFile(fileOf(archive(12345)), out, undefined)).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('checksum does not agree') as unknown,
    });
    expect(existsSync(out)).toBe(false);
  });
});
