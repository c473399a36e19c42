import type { ReactElement } from 'react';
import type { TuneSettings } from '../../actions/fineTune.ts';
import type { TileModel } from '../../actions/tileModels.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { NumberField, Select } from '../fields.tsx';
import { useSceneInUse } from '../spectra/sceneInUse.ts';
import { StartFrom, sizeOptions } from './TileFields.tsx';
import { recipes, type TuneProps } from './TuneData.tsx';
import { useModels } from './useModels.ts';

/** The recipe, what it starts from, and what of that learns. */
export function TuneStart({
  model,
  settings,
  onChange,
}: TuneProps & { readonly model: TileModel }): ReactElement {
  const { preset, init, task } = settings;
  const earlier = useModels().filter(({ family }) => family === model);
  const { workspace } = useDesk();
  const info = useSceneInUse();
  const start = earlier.find(({ path }) => path === init);
  const fewer =
    task === 'segmentation' &&
    settings.source === 'project' &&
    start !== undefined &&
    info !== undefined &&
    info.bands.length < start.bands;
  return (
    <>
      <Select
        label={t('Size and recipe')}
        value={preset}
        options={[
          ...sizesOf(model),
          [
            recipes[task],
            t('As published for {name}', { name: publishedNames[recipes[task]] ?? '' }),
          ] as const,
        ]}
        onChange={(next) => onChange({ preset: next })}
      />
      <StartFrom family={model} init={init} onChange={(path) => onChange({ init: path })} />
      {earlier.length === 0 && (
        <div className="actions">
          <button type="button" onClick={() => workspace.store.set({ panel: 'models' })}>
            {t('Import weights…')}
          </button>
          {model === 'spectralgpt' && (
            <button type="button" onClick={() => workspace.store.set({ panel: 'pretrain' })}>
              {t('Pre-train…')}
            </button>
          )}
        </div>
      )}
      {fewer && (
        <p className="warning-text">
          {t('The weights need {needed} bands; the scene has {found}.', {
            needed: start.bands,
            found: info.bands.length,
          })}
        </p>
      )}
      {init !== undefined && <WhatLearns model={model} settings={settings} onChange={onChange} />}
    </>
  );
}

/** A ResNet-50 has one size: what differs are its tiles. */
const sizesOf = (model: TileModel): readonly (readonly [string, string])[] =>
  model === 'resnet50'
    ? [
        ['tiny', t('Tiles of 64 × 64 pixels, few epochs')],
        ['base', t('Tiles of 128 × 128 pixels, many epochs')],
      ]
    : sizeOptions();

const publishedNames: Readonly<Record<string, string>> = {
  eurosat: 'EuroSAT',
  bigearthnet: 'BigEarthNet',
  segmunich: 'SegMunich',
  oscd: 'OSCD',
};

function WhatLearns({
  model,
  settings,
  onChange,
}: TuneProps & { readonly model: TileModel }): ReactElement {
  const { blocks, rank } = settings;
  const attends = model !== 'resnet50';
  const learns = settings.learns === 'lora' && !attends ? 'all' : settings.learns;
  return (
    <>
      <Select<TuneSettings['learns']>
        label={t('What learns')}
        value={learns}
        options={[
          ['all', t('Everything')],
          ['head', t('The head alone: quick, the encoder stays')],
          ['last', t('The head and the last blocks')] as const,
          ...(attends ? [['lora', t('The head and small additions (LoRA)')] as const] : []),
        ]}
        onChange={(next) => onChange({ learns: next })}
      />
      {learns === 'last' && (
        <NumberField
          label={t('Blocks that learn')}
          value={blocks}
          range={[1, 64]}
          onChange={(next) => onChange({ blocks: Math.round(next) })}
        />
      )}
      {learns === 'lora' && (
        <NumberField
          label={t('Rank of the additions')}
          value={rank}
          range={[1, 256]}
          onChange={(next) => onChange({ rank: Math.round(next) })}
        />
      )}
    </>
  );
}
