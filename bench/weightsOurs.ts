// Our side of the weights bench: `node bench/weightsOurs.ts FILE load|stream|convert`; one round for every line on standard input.
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { convertTensorFile } from '../main/weights/convertTensorFile.ts';
import { openTensorFile } from '../main/weights/openTensorFile.ts';
import { readAhead } from '../main/weights/readAhead.ts';
import { readFloats } from '../main/weights/readFloats.ts';
import type { TensorFile } from '../main/weights/tensorFile.ts';

/** What a way of importing leaves in memory. */
type Held = ReadonlyMap<string, Float32Array>;

const ways: Readonly<Record<string, (path: string) => Promise<Held>>> = {
  load: async (path) => {
    const file = await openTensorFile(path);
    const held = new Map<string, Float32Array>();
    for await (const [name, values] of everyTensor(file)) held.set(name, values);
    await file.close();
    return held;
  },
  stream: async (path) => {
    const file = await openTensorFile(path);
    for await (const _ of everyTensor(file));
    await file.close();
    return new Map();
  },
  convert: async (path) => {
    const out = `${path}.safetensors`;
    await convertTensorFile(path, out, 'spectralgpt');
    rmSync(out);
    return new Map();
  },
};

const everyTensor = (file: TensorFile) =>
  readAhead([...file.tensors.keys()], (name) => readFloats(file, name));

async function run(path: string, way: (path: string) => Promise<Held>): Promise<void> {
  const started = performance.now();
  const before = process.cpuUsage();
  const held = await way(path);
  const wall = (performance.now() - started) / 1e3;
  const { user, system } = process.cpuUsage(before);
  const peakRss = process.resourceUsage().maxRSS * 1024;
  const digest = createHash('md5');
  for (const name of [...held.keys()].sort()) digest.update(held.get(name)!);
  const figures = { cpu: (user + system) / 1e6, wall, digest: digest.digest('hex'), peakRss };
  console.log(JSON.stringify(figures));
}

const [path, way] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin })) {
  if (line === 'run') await run(path!, ways[way!]!);
}
