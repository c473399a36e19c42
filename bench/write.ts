// Writing a class map as COG (reliability-performance P4): ours beside GDAL's two ways, on as many threads.
import { existsSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '../app/random.ts';
import type { Bench } from './harness.ts';
import { python } from './referee.ts';

const here = import.meta.dirname;
export const side = 4096;
const classes = 8;
/** Distance in pixels between the knots of the fields that make up the map. */
const knots = 32;

/** What a map looks like: strength of the noise that a pixel-wise classifier leaves. */
const maps = { smooth: 0, noisy: 0.12 } as const;

/** All sides write deflate level 6, tiles of 512, overviews by nearest neighbour; digests are of the pixels read back. */
export async function benches(folder: string): Promise<Bench[]> {
  const rows: Bench[] = [];
  for (const [kind, noise] of Object.entries(maps)) {
    const map = join(folder, `write-${kind}.bin`);
    if (!existsSync(map)) {
      await writeFile(`${map}.part`, makeMap(noise));
      await rename(`${map}.part`, map);
    }
    for (const [driver, name] of [
      ['GTiff', 'GTiff + overviews'],
      ['COG', 'COG driver'],
    ] as const) {
      const out = join(folder, `write-${kind}-${driver}`);
      rows.push({
        name: `write a ${kind} class map, ${side}², against GDAL's ${name}`,
        ours: {
          command: process.execPath,
          args: [join(here, 'writeOurs.ts'), map, `${out}-ours.tif`],
        },
        peer: {
          command: python,
          args: [join(here, 'write_peer.py'), map, `${out}-peer.tif`, driver],
          env: { GDAL_NUM_THREADS: 'ALL_CPUS' },
        },
        must: 2,
        aim: 1.2,
      });
    }
  }
  return rows;
}

/** Patches of classes: at every pixel the highest of smooth random fields, with noise; a corner without data. */
function makeMap(noise: number): Uint8Array {
  const random = createRandom(3, 'write bench');
  const across = side / knots + 2;
  const fields = Array.from({ length: classes }, () =>
    Float32Array.from({ length: across * across }, () => random.normal()),
  );
  const map = new Uint8Array(side * side);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      if (x < 900 && y < 600) continue;
      const at = Math.floor(y / knots) * across + Math.floor(x / knots);
      const [right, down] = [(x % knots) / knots, (y % knots) / knots];
      let highest = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < classes; k++) {
        const field = fields[k]!;
        const top = field[at]! * (1 - right) + field[at + 1]! * right;
        const bottom = field[at + across]! * (1 - right) + field[at + across + 1]! * right;
        let value = top * (1 - down) + bottom * down;
        if (noise > 0) value += noise * (random.uniform() + random.uniform() - 1) * 2;
        if (value <= highest) continue;
        highest = value;
        map[y * side + x] = k + 1;
      }
    }
  }
  return map;
}
