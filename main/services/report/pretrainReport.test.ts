import { expect, test } from 'vitest';
import { pretrainingPlans } from '../../../app/learn/pretraining.ts';
import type { Pretrained } from '../../workers/pretrain.ts';
import { renderPretrainReport } from './pretrainReport.ts';

const png = new Uint8Array([137, 80, 78, 71]);
const pictures = [{ image: png, seen: png, reconstructed: png }];
const result: Pretrained = {
  weights: 'out',
  epochs: 3,
  loss: 0.5,
  scenes: 2,
  explained: [{ band: 'B01', share: 0.5 }],
  seconds: 61,
  samplesPerSecond: 3,
  engine: 'cpu',
  warnings: ['One scene is left out, <b>smaller</b>: x.tif.'],
  manifest: 'out/manifest.json',
  curve: [
    { stage: 1, epoch: 1, loss: 2, learningRate: 1 },
    { stage: 1, epoch: 2, loss: 1, learningRate: 1 },
    { stage: 2, epoch: 1, loss: 0.5, learningRate: 1 },
  ],
  stages: [1, 2].map((number) => ({
    stage: {
      number,
      scenes: `folder ${number}`,
      choice: number === 1 ? {} : { dates: ['2017-01-01', '2017-12-31'] },
      plan: pretrainingPlans.tiny,
    },
    scenes: number,
  })),
  reconstructions: {
    side: 8,
    bands: [
      { name: 'B01 <x>', explained: 0.5, rmse: 0.1, pictures },
      { name: 'B02', explained: -0.1, rmse: 0.2, pictures },
    ],
  },
};

test('shows stages, loss and three pictures a band; names are escaped', () => {
  const page = renderPretrainReport(result, '2026-01-02T03:04:05.678Z');
  expect(page.match(/data:image\/png;base64,iVBORw==/g)).toHaveLength(6);
  expect(page).toContain('B01 &lt;x&gt;');
  expect(page).not.toContain('<b>smaller');
  expect(page).toContain('2017-01-01 to 2017-12-31');
  expect(page).toContain('2026-01-02 03:04:05 UTC');
  expect(page.match(/<polyline/g)).toHaveLength(2);
});
