import { createHash } from 'node:crypto';
import type { Grid, Window } from '../../app/raster/grid.ts';
import { bytesPerSample, type SampleArray } from '../../app/raster/samples.ts';
import { openScene } from '../../main/raster/formats.ts';
import type { Facts } from '../target.ts';

/** Rasters over this many bytes are read in their middle. `referee.py` has the same rule. */
const wholeBytes = 2 ** 24;
const mostSide = 256;

function windowOf({ width, height }: Grid, bytesPerPixel: number): Window {
  if (width * height * bytesPerPixel <= wholeBytes) return { x: 0, y: 0, width, height };
  // Thousands of bands: the answer itself must not be what takes the memory.
  const side = Math.max(1, Math.min(mostSide, Math.floor(Math.sqrt(wholeBytes / bytesPerPixel))));
  const x = Math.max(0, Math.floor(width / 2) - Math.floor(side / 2));
  const y = Math.max(0, Math.floor(height / 2) - Math.floor(side / 2));
  return { x, y, width: Math.min(side, width - x), height: Math.min(side, height - y) };
}

const digest = (samples: SampleArray): string =>
  createHash('md5')
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('hex');

/** Opens a scene as every part of the program does, reads it in full size and reduced, and closes it. */
export async function sceneFacts(path: string): Promise<Facts> {
  const scene = await openScene(path);
  try {
    const { grid, bands } = scene.description;
    const [first] = bands;
    const window = windowOf(grid, bands.length * bytesPerSample(first!.type));
    const block = await scene.read({ window });
    const size = { width: Math.min(7, window.width), height: Math.min(5, window.height) };
    await scene.read({ window, bands: [0], size });
    const { width, height } = grid;
    return { width, height, type: first!.type, digests: block.bands.map(digest) };
  } finally {
    await scene.close();
  }
}
