import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openScene } from '../formats.ts';
import { errorOf, temporaryFolder } from './testing/files.ts';

const folder = temporaryFolder();
afterAll(() => folder.remove());

describe.skipIf(process.platform === 'win32')('paths that are no file to read', () => {
  it('a device is not waited for', async () => {
    const error = await errorOf(openScene('/dev/null'));
    expect([error.code, error.message]).toEqual([
      'not-readable',
      '/dev/null is neither a file nor a folder. Name a raster file.',
    ]);
  });

  it('a name that no file system takes says why', async () => {
    const error = await errorOf(openScene(join(folder.path, `${'x'.repeat(300)}.tif`)));
    expect([error.code, error.details['reason']]).toEqual(['not-readable', 'ENAMETOOLONG']);
  });
});
