import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { FolderField } from '../export/FolderField.tsx';
import { NumberField, Select } from '../fields.tsx';
import { Section } from '../spectra/Section.tsx';
import { Choice, CourseFields, StartFrom, sizeOptions } from '../train/TileFields.tsx';
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
      <p className="hint">
        {t(
          'How long pre-training takes is not measured beforehand. Once it runs, the time left is shown; pause and cancel keep what is finished.',
        )}
      </p>
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
        options={sizeOptions()}
        onChange={(next) => onChange({ preset: next })}
      />
      <StartFrom init={init} onChange={(path) => onChange({ init: path })} />
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
      <CourseFields values={settings} first={{ tiles: 512, batch: 16 }} onChange={onChange} />
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
