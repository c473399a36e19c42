// What the benches of SpectralMamba give to both sides: weights, spectra and labels in files.
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Shape } from '../app/model/ops.ts';
import {
  type SpectralMambaConfig,
  spectralMamba,
  spectralMambaConfig,
} from '../app/model/spectralMamba.ts';
import type { WeightData } from '../app/model/weights.ts';
import { createRandom } from '../app/random.ts';

const [bands, classes] = [145, 14];

type Header = {
  readonly config: SpectralMambaConfig;
  readonly samples: number;
  readonly table: readonly { readonly path: string; readonly shape: Shape }[];
};

/** `FILE.json`: sizes and the weights' table; `FILE.bin`: all weights, then samples (n, bands) and labels, float32. */
export async function writeTask(file: string, pieces: number, samples: number): Promise<void> {
  const config = spectralMambaConfig({ bands, classes, pieces });
  const weights = spectralMamba.initialWeights(config, 1);
  const random = createRandom(1, 'samples');
  const labels = Float32Array.from({ length: samples }, () => random.integer(classes));
  const input = Float32Array.from(
    { length: samples * bands },
    (_, i) =>
      Math.sin((i % bands) * 0.05 * (1 + labels[Math.floor(i / bands)]!)) + 0.5 * random.normal(),
  );
  const table = [...weights].map(([path, { shape }]) => ({ path, shape }));
  await writeFile(`${file}.json`, JSON.stringify({ config, samples, table } satisfies Header));
  const parts = [...[...weights.values()].map(({ values }) => values), input, labels];
  await writeFile(`${file}.bin`, Buffer.concat(parts.map((part) => Buffer.from(part.buffer))));
}

export type Task = {
  readonly config: SpectralMambaConfig;
  readonly weights: WeightData;
  readonly samples: number;
  /** (samples, bands) */
  readonly input: Float32Array;
  readonly labels: Int32Array;
};

export function readTask(file: string): Task {
  const { config, samples, table } = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Header;
  const bytes = readFileSync(`${file}.bin`);
  const numbers = new Float32Array(
    bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  );
  let at = 0;
  const take = (count: number): Float32Array => numbers.slice(at, (at += count));
  const weights = new Map(
    table.map(({ path, shape }) => [
      path,
      { shape, values: take(shape.reduce((a, b) => a * b, 1)) },
    ]),
  );
  const input = take(samples * config.bands);
  return { config, weights, samples, input, labels: Int32Array.from(take(samples)) };
}
