import { expect, test } from 'vitest';
import type { Ops } from '../../../app/model/ops.ts';
import { prismapSpectralGpt } from '../../../app/model/spectralGpt/configuration.ts';
import { cutIntoCells } from '../../../app/model/spectralGpt/encoder.ts';
import { freshSpectralGptWeights } from '../../../app/model/spectralGpt/weightTable.ts';
import { openEngine } from '../../engines/table.ts';
import { carryOver } from './carryOver.ts';
import { imageOf } from './reconstructions.ts';

const sized = (imageSize: number) =>
  prismapSpectralGpt({
    task: 'pretrain',
    classes: 0,
    embedDim: 16,
    depth: 1,
    heads: 2,
    bands: 6,
    spectralPatch: 3,
    imageSize,
    decoder: { embedDim: 8, depth: 1, heads: 2 },
  });

test('cells put back make the image again', async () => {
  const config = sized(32);
  const values = Float32Array.from({ length: 6 * 32 * 32 }, (_, i) => i);
  const engine = await openEngine({ engine: 'cpu' });
  const [cells] = engine.run(new Map(), <T>(ops: Ops<T>) => [
    cutIntoCells(
      { ops, weights: new Map<string, T>(), config },
      ops.constant(values, [1, 6, 32, 32]),
    ),
  ]);
  expect(imageOf(cells!.values, config)).toEqual(values);
  engine.dispose();
});

test('only positions in space change with the size of tiles, and keep their mean', () => {
  const small = freshSpectralGptWeights(sized(32), 3);
  const large = carryOver(small, sized(64));
  expect(large.get('pos_embed_spatial')!.shape).toEqual([1, 64, 16]);
  expect(large.get('decoder_pos_embed_spatial')!.shape).toEqual([1, 64, 8]);
  for (const [name, { values }] of small)
    if (!name.endsWith('pos_embed_spatial')) expect(large.get(name)!.values).toBe(values);
  expect([...carryOver(small, sized(32)).values()].map(({ values }) => values)).toEqual(
    [...small.values()].map(({ values }) => values),
  );
});
