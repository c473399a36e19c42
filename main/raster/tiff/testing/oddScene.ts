import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { openTiff, type TiffSource } from '../openTiff.ts';
import { hasReferee, type LineProcess, startReferee } from './childReader.ts';
import {
  imageFields,
  type WrittenDirectory,
  type WrittenField,
  type WrittenFile,
  writeTiff,
} from './writeTiff.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-odd-tiff-'));
/** Where the file that is looked at lies. */
export const path = join(folder, 'scene.tif');
let referee: LineProcess | undefined;

/** Called once a test file: starts rasterio where it is there. */
export function besideRasterio(): void {
  beforeAll(() => {
    if (hasReferee) referee = startReferee();
    else console.warn('Not compared with rasterio: the Python referee is absent.');
  });
  afterAll(() => {
    referee?.stop();
    rmSync(folder, { recursive: true });
  });
}

/** Opens what was written, and hands out its first band; the pixels and masks must be rasterio's. */
export async function read(
  file: WrittenFile,
  asGdal = true,
): Promise<{ scene: TiffSource; first: number[]; mask: number[] | undefined }> {
  writeFileSync(path, writeTiff(file).bytes);
  const scene = await openTiff(path);
  const { width, height } = scene.description.grid;
  const block = await scene.read({ window: { x: 0, y: 0, width, height } });
  await scene.close();
  if (referee !== undefined && asGdal) {
    const theirs = await referee.ask(path);
    const digests = block.bands.map((samples) => createHash('md5').update(samples).digest('hex'));
    expect(theirs?.error).toBeUndefined();
    expect(digests).toEqual(theirs!.digests);
    expect(scene.description.grid.transform ?? null).toEqual(theirs!.transform);
  }
  const mask = block.masks[0];
  return {
    scene,
    first: Array.from(block.bands[0]!, Number),
    mask: mask === undefined ? undefined : [...mask],
  };
}

export const pixels = Uint8Array.of(1, 2, 3, 128, 0, 255, 7, 9);
export const plain = imageFields({ width: 4, height: 2 });

/** An image of 4 × 2 bytes; fields given replace those of the same tag. */
export function image(
  fields: readonly WrittenField[],
  block: Uint8Array = pixels,
): WrittenDirectory {
  const replaced = new Set(fields.map(({ tag }) => tag));
  return {
    fields: [...plain.filter(({ tag }) => !replaced.has(tag)), ...fields],
    blocks: [block],
  };
}

export const viewOf = (bytes: Uint8Array<ArrayBuffer>): DataView => new DataView(bytes.buffer);

/** Where the 12 bytes of a field lie in a little-endian file. */
export function entryOf(bytes: Uint8Array<ArrayBuffer>, directory: number, tag: number): number {
  let at = directory + 2;
  while (viewOf(bytes).getUint16(at, true) !== tag) at += 12;
  return at;
}

/** The file holds `pixels` for us and for rasterio. */
export async function expectPixels(bytes: Uint8Array): Promise<void> {
  writeFileSync(path, bytes);
  const scene = await openTiff(path);
  const block = await scene.read({ window: { x: 0, y: 0, width: 4, height: 2 } });
  await scene.close();
  expect(block.bands).toEqual([pixels]);
  if (referee === undefined) return;
  const digest = createHash('md5').update(pixels).digest('hex');
  expect((await referee.ask(path))!.digests).toEqual([digest]);
}

export const one = (tag: number, type: number, ...values: number[]): WrittenField => ({
  tag,
  type,
  values,
});
export const text = (tag: number, values: string): WrittenField => ({ tag, type: 2, values });
