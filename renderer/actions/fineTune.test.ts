import { describe, expect, it } from 'vitest';
import { api } from '../../app/contract/api.ts';
import { type TuneSettings, tuneInput, tuningOf } from './fineTune.ts';
import { tileModels } from './tileModels.ts';

const settings = (part: Partial<TuneSettings>): TuneSettings => ({
  ...tuningOf(new Map()),
  ...part,
});

/** The input as the host would take it. */
const taken = (part: Partial<TuneSettings>, model: (typeof tileModels)[number]) =>
  api.train.input.parse({
    ...(tuneInput(settings(part), model, 'scene.tif') as Record<string, unknown>),
    out: 'model',
  });

describe('what the form of fine-tuning asks for', () => {
  it.each(tileModels)('%s is trained on the ROIs of the scene in use', (model) => {
    expect(taken({}, model)).toMatchObject({
      ...{ model, task: 'segmentation', scene: ['scene.tif'], rois: 'project', tune: 'all' },
    });
  });

  it('light tuning needs weights to start from, and low-rank additions a network with attention', () => {
    const lora = { learns: 'lora', rank: 4 } as const;
    expect(taken(lora, 'vit').tune).toBe('all');
    expect(taken({ ...lora, init: 'start' }, 'vit').tune).toBe('lora:4');
    expect(taken({ ...lora, init: 'start' }, 'resnet50').tune).toBe('all');
    expect(taken({ learns: 'last', blocks: 2, init: 'start' }, 'resnet50').tune).toBe('last:2');
  });

  it('class weights are those of change alone', () => {
    const dates = { task: 'change', before: 'a.tif', after: 'b.tif' } as const;
    expect(taken({ ...dates, changeWeights: 'balanced' }, 'spectralgpt').changeWeights).toBe(
      'balanced',
    );
    const other = tuneInput(settings({ changeWeights: 'balanced' }), 'spectralgpt', 'scene.tif');
    expect(other).not.toHaveProperty('changeWeights');
  });
});
