import { appendFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReadRequest, SceneSource } from '../../../app/raster/scene.ts';
import { openScene } from '../formats.ts';
import { errorOf, temporaryFolder } from './testing/files.ts';

const folder = temporaryFolder();
const header = (interleave: string): string =>
  `ENVI\nsamples = 4\nlines = 3\nbands = 2\ndata type = 1\ninterleave = ${interleave}\n`;

/** 4 × 3 pixels of 2 bands. */
function scene(interleave: string): Promise<SceneSource> {
  const path = join(folder.path, `${interleave}.img`);
  writeFileSync(path.replace('.img', '.hdr'), header(interleave));
  writeFileSync(
    path,
    Uint8Array.from({ length: 24 }, (_, i) => i),
  );
  return openScene(path);
}

const window = { x: 0, y: 0, width: 4, height: 3 };

describe('requests', () => {
  let source: SceneSource;
  beforeAll(async () => {
    source = await scene('bsq');
  });
  afterAll(async () => {
    await source.close();
    folder.remove();
  });

  const cases: readonly (readonly [ReadRequest, code: string, says: string])[] = [
    [{ window, bands: [0, 2] }, 'usage', 'band number 3'],
    [{ window, bands: [-1] }, 'usage', 'band number 0'],
    [{ window, size: { width: 0, height: 3 } }, 'usage', '0 × 3'],
    [{ window, size: { width: 4, height: -1 } }, 'usage', '4 × -1'],
    [{ window, size: { width: 2.5, height: 3 } }, 'usage', '2.5 × 3'],
    [{ window, size: { width: 4, height: Number.NaN } }, 'usage', '4 × NaN'],
    [{ window, size: { width: 40_000, height: 40_000 } }, 'too-large', '2 bands'],
    [{ window: { ...window, x: 1 } }, 'no-overlap', '4 × 3'],
    [{ window: { ...window, x: -1, width: 2 } }, 'no-overlap', '(-1, 0)'],
    [{ window: { ...window, y: -1, height: 2 } }, 'no-overlap', '(0, -1)'],
    [{ window: { ...window, y: 1 } }, 'no-overlap', '(0, 1)'],
    [{ window: { ...window, width: 0 } }, 'no-overlap', '0 × 3'],
    [{ window: { ...window, height: 0 } }, 'no-overlap', '4 × 0'],
    [{ window: { ...window, width: 1.5 } }, 'no-overlap', '1.5 × 3'],
    [{ window, signal: AbortSignal.abort() }, 'cancelled', 'cancelled'],
  ];
  it.each(cases)('%j is refused', async (request, code, says) => {
    const error = await errorOf(source.read(request));
    expect([error.code, error.message.includes(says)]).toEqual([code, true]);
  });

  it.each(['bsq', 'bil', 'bip'])('no band of %s gives none', async (interleave) => {
    const other = await scene(interleave);
    const block = await other.read({ window, bands: [] });
    expect([block.width, block.height, block.bands, block.masks]).toEqual([4, 3, [], []]);
    await other.close();
  });

  it('a header too large to be one is not read', async () => {
    const path = join(folder.path, 'large.hdr');
    writeFileSync(path, header('bsq'));
    truncateSync(path, 2 ** 24);
    appendFileSync(path, ' ');
    writeFileSync(join(folder.path, 'large.img'), 'x');
    const error = await errorOf(openScene(path));
    expect([error.code, error.message.includes('right file')]).toEqual(['too-large', true]);
  });

  it('reading what was closed is refused; closing it twice is not', async () => {
    const other = await scene('bip');
    await other.close();
    await other.close();
    expect((await errorOf(other.read({ window }))).code).toBe('usage');
  });
});
