// A long-lived process that opens and reads one raster a line, so that a hang or a crash is the parent's to count.
// First line out: the bytes of its data segment, before it reads anything. Then for each line in, {"path": "…"}: one line of
// facts and digests, or of the error's code and message.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { errorRecord } from '../../../../app/error.ts';
import type { Grid } from '../../../../app/raster/grid.ts';
import type { SampleArray } from '../../../../app/raster/samples.ts';
import { codecs } from '../codecs.ts';
import { openTiff } from '../openTiff.ts';

/** Rasters over this many bytes are compared on a window in their middle. The Python side has the same rule. */
const wholeBytes = 2 ** 24;
const windowSide = 256;

function windowOf({ width, height }: Grid, bytesPerPixel: number) {
  if (width * height * bytesPerPixel <= wholeBytes) return { x: 0, y: 0, width, height };
  const x = Math.max(0, Math.floor(width / 2) - windowSide / 2);
  const y = Math.max(0, Math.floor(height / 2) - windowSide / 2);
  return { x, y, width: Math.min(windowSide, width - x), height: Math.min(windowSide, height - y) };
}

const mean = (samples: SampleArray): number => {
  let sum = 0;
  for (const value of samples) sum += Number(value);
  return sum / samples.length;
};

const digest = (samples: SampleArray | Uint8Array): string =>
  createHash('md5')
    .update(new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    .digest('hex');

async function facts(path: string): Promise<object> {
  const scene = await openTiff(path);
  try {
    const { grid, bands, palette } = scene.description;
    const sizes = { uint8: 1, int8: 1, uint16: 2, int16: 2, uint32: 4, int32: 4, float32: 4 };
    const size = (sizes as Record<string, number>)[bands[0]!.type] ?? 8;
    const window = windowOf(grid, bands.length * size);
    const block = await scene.read({ window });
    return {
      width: grid.width,
      height: grid.height,
      type: bands[0]!.type,
      nodata: bands[0]!.nodata === undefined ? null : String(bands[0]!.nodata),
      transform: grid.transform ?? null,
      crs: grid.crs ?? null,
      colours: palette === undefined ? 0 : palette.size,
      digests: block.bands.map(digest),
      means: block.bands.map(mean),
      masks: block.masks.map((mask) => (mask === undefined ? 'all' : digest(mask))),
    };
  } finally {
    await scene.close();
  }
}

// The decoders' own code is no file's fault: it is loaded before the memory is measured.
for (const codec of codecs.values()) await codec.prepare?.();

const status = '/proc/self/status';
const held = existsSync(status) ? /VmData:\s+(\d+)/.exec(readFileSync(status, 'utf8'))?.[1] : '0';
process.stdout.write(`${JSON.stringify({ data: Number(held) * 1024 })}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { path } = JSON.parse(line) as { path: string };
  const started = performance.now();
  const answer = await facts(path).catch((error: unknown) => ({ error: errorRecord(error) }));
  const milliseconds = performance.now() - started;
  process.stdout.write(`${JSON.stringify({ ...answer, milliseconds })}\n`);
}
