import type { ReactElement } from 'react';
import { nameOfScene } from '../../state/sceneToMap.ts';
import { stampNow } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Section } from '../spectra/Section.tsx';
import { CostCard } from '../train/CostCard.tsx';
import { useModels } from '../train/useModels.ts';
import { ChangeForm } from './ChangeForm.tsx';
import { ChangeRun } from './ChangeRun.tsx';
import { changeInput, problemOf, useChangeSettings } from './changeSettings.ts';
import { DatesOnMap } from './DatesOnMap.tsx';

/** What changed between two dates: how likely, where, and from which class to which. */
export function ChangePanel(): ReactElement {
  const { workspace } = useDesk();
  const [kept, change] = useChangeSettings();
  const models = useModels().filter(({ task, kind }) => kind === 'model' && task === 'change');
  const job = useWorkspace(({ jobs }) => jobs.find(({ kind }) => kind === 'change'));
  // The newest one, until another is chosen.
  const settings = kept.model === '' ? { ...kept, model: models[0]?.path ?? '' } : kept;
  const problem = problemOf(settings);
  const start = (): void => {
    const title = t('Change to {name}', { name: nameOfScene(workspace, settings.after) });
    const input = changeInput(settings, `${title} ${stampNow()}`);
    workspace
      .saved()
      .then(() => workspace.host.call('job.start', { kind: 'change', title, input }))
      .catch(workspace.report);
  };
  return (
    <div className="form">
      <h2>{t('Change between two dates')}</h2>
      <DatesOnMap settings={settings} onChange={change} />
      {models.length === 0 ? (
        <p className="hint">
          {t(
            'There is no model of change yet. Train one in the Train panel: SpectralGPT, change between two dates.',
          )}
        </p>
      ) : (
        <ChangeForm settings={settings} models={models} onChange={change} />
      )}
      {problem === undefined ? (
        <CostCard
          label={t('What mapping the change will take')}
          kind="change"
          input={changeInput(settings, 'estimate')}
          ready
        />
      ) : (
        <p className="hint">{problem}</p>
      )}
      <button type="button" className="primary" disabled={problem !== undefined} onClick={start}>
        {t('Map change')}
      </button>
      {job !== undefined && (
        <Section key={job.id} title={job.title} open>
          <ChangeRun job={job} />
        </Section>
      )}
    </div>
  );
}
