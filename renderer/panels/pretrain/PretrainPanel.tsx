import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { FolderField } from '../export/FolderField.tsx';
import { NumberField, Select } from '../fields.tsx';
import { Section } from '../spectra/Section.tsx';
import { Choice } from '../train/TuneCourse.tsx';
import { NotMeasured } from '../train/TuneSection.tsx';
import { modelLabel, useModels } from '../train/useModels.ts';
import { PretrainRun } from './PretrainRun.tsx';
import {
  type ChangePretraining,
  type PretrainSettings,
  pretrainInput,
  problemOf,
  usePretraining,
} from './pretrainSettings.ts';
import { Stages } from './Stages.tsx';

/** Masked pre-training of SpectralGPT on scenes that nobody labelled. */
export function PretrainPanel(): ReactElement {
  const { workspace } = useDesk();
  const job = useWorkspace(({ jobs }) => jobs.find(({ kind }) => kind === 'pretrain'));
  const [settings, change] = usePretraining();
  const problem = problemOf(settings);
  const start = (): void => {
    const title = t('Pre-train SpectralGPT {preset}', { preset: settings.preset });
    workspace
      .saved()
      .then(() =>
        workspace.host.call('job.start', {
          kind: 'pretrain',
          title,
          input: pretrainInput(settings),
        }),
      )
      .catch(workspace.report);
  };
  return (
    <div className="form">
      <h2>{t('Pre-train SpectralGPT')}</h2>
      <p className="hint">
        {t(
          'The network learns from scenes without labels: it fills in what was taken out of them. Fine-tuning then needs fewer labels.',
        )}
      </p>
      <PretrainForm settings={settings} onChange={change} />
      <Section title={t('Stages')} open={settings.stages.length > 0}>
        <Stages stages={settings.stages} onChange={(stages) => change({ stages })} />
      </Section>
      <NotMeasured />
      {problem !== undefined && <p className="hint">{problem}</p>}
      <button type="button" className="primary" disabled={problem !== undefined} onClick={start}>
        {t('Pre-train')}
      </button>
      {job !== undefined && (
        <Section key={job.id} title={job.title} open>
          <PretrainRun job={job} />
        </Section>
      )}
    </div>
  );
}

function PretrainForm({
  settings,
  onChange,
}: {
  readonly settings: PretrainSettings;
  readonly onChange: ChangePretraining;
}): ReactElement {
  const { preset, init, loss, maskRatio } = settings;
  const earlier = useModels().filter(({ family }) => family === 'spectralgpt');
  return (
    <>
      <FolderField
        label={t('Folder of scenes')}
        value={settings.scenes}
        onChange={(scenes) => onChange({ scenes })}
      />
      <Select
        label={t('Size')}
        value={preset}
        options={[
          ['tiny', t('Tiny: minutes on a processor')],
          ['base', t('Base (86 million numbers)')],
          ['large', t('Large (304 million numbers)')],
          ['huge', t('Huge (over 600 million numbers)')],
        ]}
        onChange={(next) => onChange({ preset: next })}
      />
      <Select
        label={t('Start from')}
        value={init ?? ''}
        options={[
          ['', t('Nothing: new weights')] as const,
          ...earlier.map((model) => [model.path, modelLabel(model)] as const),
        ]}
        onChange={(path) => onChange({ init: path === '' ? undefined : path })}
      />
      <Select
        label={t('What is to be filled in')}
        value={loss}
        options={[
          ['two-target', t('tokens and spectra, as released')],
          ['three-target', t('tokens, places and spectra')],
        ]}
        onChange={(next) => onChange({ loss: next })}
      />
      <NumberField
        label={t('Taken out, % of the tokens')}
        value={Math.round(100 * maskRatio)}
        range={[10, 99]}
        onChange={(percent) => onChange({ maskRatio: percent / 100 })}
      />
      <Numbers settings={settings} onChange={onChange} />
    </>
  );
}

function Numbers({
  settings,
  onChange,
}: {
  readonly settings: PretrainSettings;
  readonly onChange: ChangePretraining;
}): ReactElement {
  return (
    <>
      <Choice
        label={t('Epochs as the recipe says')}
        field={t('Epochs')}
        value={settings.epochs}
        first={20}
        onChange={(epochs) => onChange({ epochs })}
      />
      <Choice
        label={t('Tiles of an epoch as the recipe says')}
        field={t('Tiles of an epoch')}
        value={settings.tiles}
        first={512}
        onChange={(tiles) => onChange({ tiles })}
      />
      <Choice
        label={t('Tiles of a step as the recipe says')}
        field={t('Tiles of a step')}
        value={settings.batch}
        first={16}
        onChange={(batch) => onChange({ batch })}
      />
      <Choice
        label={t('Side of a tile as the recipe says')}
        field={t('Side of a tile, pixels')}
        value={settings.imageSize}
        first={64}
        onChange={(imageSize) => onChange({ imageSize })}
      />
    </>
  );
}
