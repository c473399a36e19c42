import type { ReactElement } from 'react';
import type { TuneSettings } from '../../actions/fineTune.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { NumberField, Select } from '../fields.tsx';
import { useSceneInUse } from '../spectra/sceneInUse.ts';
import { recipes, type TuneProps } from './TuneData.tsx';
import { modelLabel, useModels } from './useModels.ts';

/** The recipe, what it starts from, and what of that learns. */
export function TuneStart({ settings, onChange }: TuneProps): ReactElement {
  const { preset, init, task } = settings;
  const earlier = useModels().filter(({ family }) => family === 'spectralgpt');
  const known = init === undefined || earlier.some(({ path }) => path === init);
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
          ['tiny', t('Tiny: minutes on a processor')] as const,
          ['base', t('Base (86 million numbers)')] as const,
          ['large', t('Large (304 million numbers)')] as const,
          ['huge', t('Huge (over 600 million numbers)')] as const,
          [
            recipes[task],
            t('As published for {name}', { name: publishedNames[recipes[task]] ?? '' }),
          ] as const,
        ]}
        onChange={(next) => onChange({ preset: next })}
      />
      <Select
        label={t('Start from')}
        value={init ?? ''}
        options={[
          ['', t('Nothing: new weights')] as const,
          ...earlier.map((model) => [model.path, modelLabel(model)] as const),
          ...(known ? [] : [[init, init] as const]),
        ]}
        onChange={(path) => onChange({ init: path === '' ? undefined : path })}
      />
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
