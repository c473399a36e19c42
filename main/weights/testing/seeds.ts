import {
  bytesOf,
  dict,
  global,
  int,
  legacyCheckpoint,
  pickle,
  reduce,
  tensor,
  text,
  zipCheckpoint,
  zipFile,
} from './checkpointWriter.ts';

/** Two tensors on one storage, one on another; an inert record; a state dict with `_metadata`. */
export const seedPickle = pickle(
  dict(
    [
      'model',
      bytesOf(
        reduce(global('collections', 'OrderedDict')),
        '(',
        text('a.weight'),
        tensor({ elements: 60, shape: [5, 3, 4], stride: [1, 20, 5] }),
        text('a.bias'),
        tensor({ elements: 60, shape: [3], stride: [1], offset: 7 }),
        text('b'),
        tensor({ key: '1', elements: 100, shape: [10, 10], stride: [10, 1], type: 'HalfStorage' }),
        'u',
        dict(['_metadata', dict()]),
        'b',
      ),
    ],
    ['epoch', int(3)],
    ['args', bytesOf(reduce(global('argparse', 'Namespace')), dict(['lr', int(1)]), 'b')],
  ),
);

/** The numbers of its storages. */
export const seedStorages = {
  0: Buffer.from(Float32Array.from({ length: 60 }, (_, i) => i).buffer),
  1: Buffer.alloc(200, 0x3c),
};

/** Checkpoints in each container. */
export const seedCheckpoints: Readonly<Record<string, Buffer>> = {
  zip: zipCheckpoint(seedPickle, seedStorages),
  wide: zipCheckpoint(seedPickle, seedStorages, true),
  deflated: zipFile([
    { name: 'x/data.pkl', data: seedPickle, deflate: true },
    { name: 'x/data/0', data: seedStorages[0], deflate: true },
    { name: 'x/data/1', data: seedStorages[1] },
  ]),
  legacy: legacyCheckpoint(
    pickle(dict(['w', tensor({ elements: 60, shape: [60], stride: [1] })])),
    { 0: seedStorages[0] },
  ),
};
