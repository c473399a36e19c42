import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Checkpoint, loadCheckpoint, saveCheckpoint } from './checkpoint.ts';
import { writeSafetensors } from './safetensors.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prismap-checkpoint-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function checkpoint(epoch: number): Checkpoint {
  const table = (shift: number) =>
    new Map([['w', { shape: [2, 2], values: Float32Array.of(epoch, shift, 0.1, -3) }]]);
  return {
    epoch,
    weights: table(1),
    optimizer: { step: epoch * 5, first: table(2), second: table(3) },
    best: table(4),
    record: { note: 'ä', curve: [epoch] },
  };
}

describe('checkpoint', () => {
  it('comes back as it was; only the last two stay', async () => {
    for (let epoch = 1; epoch <= 4; epoch++) await saveCheckpoint(folder, checkpoint(epoch));
    expect(await readdir(folder)).toEqual([
      'checkpoint-000003.safetensors',
      'checkpoint-000004.safetensors',
    ]);
    expect(await loadCheckpoint(folder)).toEqual({ checkpoint: checkpoint(4) });
  });

  it('keeps the running mean of weights, and needs no best ones', async () => {
    const { best, ...plain } = checkpoint(1);
    const averaged = { ...plain, average: best! };
    await writeFile(join(folder, 'notes.txt'), 'of somebody else');
    await saveCheckpoint(folder, averaged);
    expect(await loadCheckpoint(folder)).toEqual({ checkpoint: averaged });
  });

  it('is none where numbers stand without a state', async () => {
    await writeFile(join(folder, 'checkpoint-000001.safetensors'), writeSafetensors(new Map()));
    await expect(loadCheckpoint(folder)).rejects.toMatchObject({
      code: 'bad-weights',
      message: expect.stringContaining('its hash differs') as unknown,
    });
  });

  it('is absent in an empty or missing folder', async () => {
    expect(await loadCheckpoint(folder)).toBeUndefined();
    expect(await loadCheckpoint(join(folder, 'missing'))).toBeUndefined();
  });

  it('falls back to the one before where the newest is cut off, and says so', async () => {
    for (const epoch of [1, 2]) await saveCheckpoint(folder, checkpoint(epoch));
    await truncate(join(folder, 'checkpoint-000002.safetensors'), 300);
    const found = await loadCheckpoint(folder);
    expect(found?.checkpoint.epoch).toBe(1);
    expect(found?.warning).toMatch(/000002.* goes on from .*000001/);
  });

  it('sees one changed byte anywhere', async () => {
    for (const epoch of [1, 2]) await saveCheckpoint(folder, checkpoint(epoch));
    const path = join(folder, 'checkpoint-000002.safetensors');
    const whole = await readFile(path);
    for (let at = 8; at < whole.length; at += 7) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 4;
      await writeFile(path, bytes);
      const found = await loadCheckpoint(folder);
      const harmless = found?.checkpoint.epoch === 2; // only in blanks behind the header or a changed name of a key
      if (harmless) expect(found.checkpoint).toEqual(checkpoint(2));
      else expect(found?.checkpoint.epoch).toBe(1);
    }
  });

  it('refuses to go on where all are damaged', async () => {
    await saveCheckpoint(folder, checkpoint(1));
    await truncate(join(folder, 'checkpoint-000001.safetensors'), 100);
    await expect(loadCheckpoint(folder)).rejects.toMatchObject({ code: 'bad-weights' });
  });
});
