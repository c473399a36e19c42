import type { ReactElement } from 'react';
import type { TuneSettings } from '../../actions/fineTune.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { NumberField, Select } from '../fields.tsx';
import { useSceneInUse } from '../spectra/sceneInUse.ts';
import { StartFrom, sizeOptions } from './TileFields.tsx';
import { recipes, type TuneProps } from './TuneData.tsx';
import { useModels } from './useModels.ts';

/** The recipe, what it starts from, and what of that learns. */
export function TuneStart({ settings, onChange }: TuneProps): ReactElement {
  const { preset, init, task } = settings;
  const earlier = useModels().filter(({ family }) => family === 'spectralgpt');
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
          ...sizeOptions(),
          [
            recipes[task],
            t('As published for {name}', { name: publishedNames[recipes[task]] ?? '' }),
          ] as const,
        ]}
        onChange={(next) => onChange({ preset: next })}
      />
      <StartFrom init={init} onChange={(path) => onChange({ init: path })} />
      {earlier.length === 0 && (
        <div className="actions">
          <button type="button" onClick={() => workspace.store.set({ panel: 'models' })}>
            {t('Import weights…')}
          </button>
          <button type="button" onClick={() => workspace.store.set({ panel: 'pretrain' })}>
            {t('Pre-train…')}
          </button>
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
      {init !== undefined && <WhatLearns settings={settings} onChange={onChange} />}
    </>
  );
}

const publishedNames: Readonly<Record<string, string>> = {
  eurosat: 'EuroSAT',
  bigearthnet: 'BigEarthNet',
  segmunich: 'SegMunich',
  oscd: 'OSCD',
};

function WhatLearns({ settings, onChange }: TuneProps): ReactElement {
  const { learns, blocks, rank } = settings;
  return (
    <>
      <Select<TuneSettings['learns']>
        label={t('What learns')}
        value={learns}
        options={[
          ['all', t('Everything')],
          ['head', t('The head alone: quick, the encoder stays')],
          ['last', t('The head and the last blocks')],
          ['lora', t('The head and small additions (LoRA)')],
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
