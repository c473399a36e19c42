import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServices } from '../services/createServices.ts';
import {
  bytesOf,
  dict,
  floats,
  global,
  int,
  pickle,
  reduce,
  tensor,
  zipCheckpoint,
} from '../weights/testing/checkpointWriter.ts';
import { runInChild } from './host.ts';

const folder = mkdtempSync(join(tmpdir(), 'prismap-weights-calls-'));
const path = (name: string): string => join(folder, name);
const services = createServices({ runTask: runInChild });
afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const model = dict(
    ['module.patch_embed.proj.weight', tensor({ elements: 4, shape: [2, 2], stride: [1, 2] })],
    ['module.stray', tensor({ elements: 4, shape: [2], stride: [1], offset: 1 })],
  );
  const args = bytesOf(reduce(global('argparse', 'Namespace')), dict(['lr', int(2)]), 'b');
  const content = pickle(dict(['model', model], ['epoch', int(199)], ['args', args]));
  writeFileSync(path('a.pth'), zipCheckpoint(content, { 0: floats(1, 2, 3, 4) }));
});

it('weights inspect shows a checkpoint as its format has it', async () => {
  const seen = await services.call('weights inspect', { file: path('a.pth') });
  expect(seen).toEqual({
    format: 'PyTorch',
    tensors: [
      { name: 'model/module.patch_embed.proj.weight', dtype: 'float32', shape: [2, 2] },
      { name: 'model/module.stray', dtype: 'float32', shape: [2] },
    ],
    metadata: { epoch: '199', args: '{"class":"argparse.Namespace","state":{"lr":2}}' },
  });
});

it('weights convert keeps paths, or gives official names and says what it leaves out', async () => {
  const file = path('a.pth');
  const all = await services.call('weights convert', { file, out: path('all.safetensors') });
  expect(all.tensors.map(({ name }) => name)).toEqual([
    'model/module.patch_embed.proj.weight',
    'model/module.stray',
  ]);
  expect(all.leftOut).toEqual([]);
  expect(all.bytes).toBe(statSync(all.file).size);
  const out = path('official.safetensors');
  const official = await services.call('weights convert', { file, out, model: 'spectralgpt' });
  expect(official.leftOut).toEqual([{ name: 'stray', reason: 'is no tensor of SpectralGPT' }]);
  const seen = await services.call('weights inspect', { file: out });
  expect(seen).toEqual({
    format: 'safetensors',
    tensors: [{ name: 'patch_embed.proj.weight', dtype: 'F32', shape: [2, 2] }],
    metadata: {
      format: 'pt',
      epoch: '199',
      args: '{"class":"argparse.Namespace","state":{"lr":2}}',
    },
  });
});

it('weights convert leaves nothing of a file whose numbers are damaged', async () => {
  const damaged = zipCheckpoint(
    pickle(dict(['w', tensor({ elements: 2, shape: [2], stride: [1] })])),
    { 0: floats(123.5, 456.5) },
  );
  damaged[damaged.indexOf(floats(456.5))]! ^= 1;
  writeFileSync(path('damaged.pth'), damaged);
  const out = path('damaged.safetensors');
  await expect(
    services.call('weights convert', { file: path('damaged.pth'), out }),
  ).rejects.toMatchObject({ code: 'bad-weights' });
  expect(readdirSync(folder).filter((name) => name.startsWith('damaged.safe'))).toEqual([]);
});
