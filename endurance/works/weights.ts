import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  dict,
  pickle,
  tensor,
  zipCheckpoint,
} from '../../main/weights/testing/checkpointWriter.ts';
import { cli, hashesBelow, tornFiles, type Work } from '../work.ts';

/** Floats of each of the two tensors: 24 MB a tensor. */
const elements = 6_000_000;

/** A checkpoint of PyTorch is brought in; the weights have their name when they are whole. */
export const weights: Work = {
  name: 'import',
  prepare: (inputs) => {
    const shape = { elements, shape: [elements], stride: [1] };
    const names = dict(['a', tensor(shape)], ['b', tensor({ ...shape, key: '1' })]);
    const numbers = Buffer.from(Float32Array.from({ length: elements }, (_, i) => i % 4099).buffer);
    writeFileSync(
      join(inputs, 'weights.pth'),
      zipCheckpoint(pickle(names), { 0: numbers, 1: numbers }),
    );
  },
  words: (inputs, folder) => [
    ...[cli, 'weights', 'convert', join(inputs, 'weights.pth')],
    ...[join(folder, 'weights.safetensors'), '--json'],
  ],
  results: (folder) => hashesBelow(folder, /^weights\.safetensors$/),
  faults: (folder, _, whole) => tornFiles(folder, /^weights\.safetensors$/, whole),
};
