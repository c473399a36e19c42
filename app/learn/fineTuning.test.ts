import { expect, test } from 'vitest';
import { checkAugmentation, fineTuningPlans, type TileTaskKind } from './fineTuning.ts';

test('published recipes: batch, epochs, rate and changes of the paper, or of the released code where it is silent', () => {
  expect(fineTuningPlans.eurosat).toMatchObject({
    task: 'scene',
    batch: 512,
    epochs: 150,
    warmup: 20,
    layerDecay: 0.75,
    weightDecay: 0.05,
    dropPath: 0.1,
    labelSmoothing: 0.1,
    augment: ['crop', 'flips', 'erasing', 'mixup', 'cutmix'],
  });
  // The released base rate holds for 256 tiles.
  expect((fineTuningPlans.eurosat.rate * 256) / fineTuningPlans.eurosat.batch).toBe(2e-4);
  expect(fineTuningPlans.bigearthnet).toMatchObject({ task: 'multilabel', layerDecay: 0.75 });
  expect(fineTuningPlans.segmunich).toMatchObject({ batch: 96, rate: 5e-4, weightDecay: 1e-5 });
  expect(fineTuningPlans.oscd).toMatchObject({ batch: 64, rate: 1e-3, epochs: 60 });
});

test('every recipe changes tiles only in ways that keep its labels true; others are refused', () => {
  for (const plan of Object.values(fineTuningPlans)) {
    const task: TileTaskKind = 'task' in plan ? plan.task : 'segmentation';
    expect(() => checkAugmentation(task, plan.augment)).not.toThrow();
  }
  expect(() => checkAugmentation('multilabel', ['flips', 'mixup'])).toThrow('"mixup"');
  expect(() => checkAugmentation('segmentation', ['cutmix'])).toThrow('--augment flips');
});
