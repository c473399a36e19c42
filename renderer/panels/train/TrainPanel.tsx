import type { ReactElement } from 'react';
import { trainInput, trainModel } from '../../actions/run.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Section } from '../spectra/Section.tsx';
import { useSceneInUse, useSceneProblem } from '../spectra/sceneInUse.ts';
import { useAnswer } from '../spectra/useAnswer.ts';
import { numberOf } from '../spectra/useAreaSpectra.ts';
import { CostCard } from './CostCard.tsx';
import { MapSection } from './MapSection.tsx';
import { type Cure, Preflight } from './Preflight.tsx';
import { useTraining } from './settings.ts';
import { TrainForm } from './TrainForm.tsx';
import { TrainingRun } from './TrainingRun.tsx';
import { useModels } from './useModels.ts';

/** From ROIs to a model, and from the model to a map. */
export function TrainPanel(): ReactElement {
  const info = useSceneInUse();
  const job = useWorkspace(({ jobs }) => jobs.find(({ kind }) => kind === 'train'));
  const problem = useSceneProblem();
  if (problem !== undefined) return <p className="empty error">{saidOfError(problem)}</p>;
  if (info === undefined)
    return (
      <p className="empty">
        {t('Open a scene and draw ROIs of two classes or more. Here a model learns them.')}
      </p>
    );
  return (
    <div className="form">
      <h2>{t('Train on {name}', { name: info.name })}</h2>
      <Section title={t('Model and training')} open>
        <TrainingSection />
      </Section>
      {job !== undefined && (
        <Section title={job.title} open>
          <TrainingRun job={job} />
        </Section>
      )}
      <Section title={t('Map with a model')} open>
        <MapSection info={info} />
      </Section>
    </div>
  );
}

function TrainingSection(): ReactElement | null {
  const desk = useDesk();
  const { workspace } = desk;
  const info = useSceneInUse();
  const [settings, change] = useTraining();
  const models = useModels();
  const rois = useWorkspace((state) => state.document.rois);
  const classes = useWorkspace((state) => state.document.classes);
  const uri = info?.uri;
  const preflight = useAnswer(
    uri === undefined ? undefined : `${uri} ${info?.stamp} ${numberOf(rois)} ${numberOf(classes)}`,
    async (signal) => {
      await workspace.saved();
      return workspace.host.call('preflight', { scene: uri!, rois: 'project' }, signal);
    },
    500,
  );
  if (info === undefined) return null;
  const red = preflight.value?.findings.some(({ level }) => level === 'red') === true;
  const cure = (kind: Cure): void => {
    if (kind === 'skip-bands') change({ skipBands: [...new Set(['auto', ...settings.skipBands])] });
    if (kind === 'choose-scene') workspace.store.set({ dialog: 'open' });
    if (kind === 'add-rois') workspace.store.set({ tool: 'polygon' });
  };
  return (
    <>
      <TrainForm info={info} settings={settings} models={models} onChange={change} />
      <Preflight label={t('Before training')} answer={preflight} onCure={cure} />
      <CostCard
        label={t('What training will take')}
        kind="train"
        input={trainInput(settings, info.uri)}
        ready={preflight.value !== undefined && !red}
      />
      <button type="button" className="primary" disabled={red} onClick={() => trainModel(desk)}>
        {t('Train')}
      </button>
    </>
  );
}
