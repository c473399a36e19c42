import type { ReactElement } from 'react';
import { trainInput, trainModel } from '../../actions/run.ts';
import { isTileModel } from '../../actions/tileModels.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Select } from '../fields.tsx';
import { Section } from '../spectra/Section.tsx';
import { useSceneInUse, useSceneProblem } from '../spectra/sceneInUse.ts';
import { CostCard } from './CostCard.tsx';
import { MapSection } from './MapSection.tsx';
import { type Cure, Preflight } from './Preflight.tsx';
import { chooseNetwork, useTraining } from './settings.ts';
import { TrainForm } from './TrainForm.tsx';
import { TrainingRun } from './TrainingRun.tsx';
import { TuneSection } from './TuneSection.tsx';
import { useModels } from './useModels.ts';
import { useRoiPreflight } from './useRoiPreflight.ts';

/** From ROIs to a model, and from the model to a map. */
export function TrainPanel(): ReactElement {
  const info = useSceneInUse();
  const job = useWorkspace(({ jobs }) => jobs.find(({ kind }) => kind === 'train'));
  return (
    <div className="form">
      <h2>{info === undefined ? t('Train') : t('Train on {name}', { name: info.name })}</h2>
      <Section title={t('Model and training')} open>
        <TrainingSection />
      </Section>
      {job !== undefined && (
        <Section title={job.title} open>
          <TrainingRun job={job} />
        </Section>
      )}
      {info !== undefined && (
        <Section title={t('Map with a model')} open>
          <MapSection info={info} />
        </Section>
      )}
    </div>
  );
}

function TrainingSection(): ReactElement {
  const { workspace } = useDesk();
  const [settings] = useTraining();
  return (
    <>
      <Select
        label={t('Model')}
        value={settings.model}
        options={[
          ['spectralmamba', t('SpectralMamba (re-implementation)')],
          ['forest', t('Random forest: seconds, a good first look')],
          ['spectralgpt', t('SpectralGPT (re-implementation): tiles, from pre-trained weights')],
          ['resnet50', t('ResNet-50: tiles, to compare with')],
          ['vit', t('Vision transformer (ViT): tiles, to compare with')],
          ['satmae', t('SatMAE (re-implementation): tiles, to compare with')],
        ]}
        onChange={(model) => chooseNetwork(workspace, { ...settings, model })}
      />
      {isTileModel(settings.model) ? <TuneSection model={settings.model} /> : <PixelSection />}
    </>
  );
}

/** Training on the pixels of ROIs. */
function PixelSection(): ReactElement | null {
  const desk = useDesk();
  const { workspace } = desk;
  const info = useSceneInUse();
  const problem = useSceneProblem();
  const [settings, change] = useTraining();
  const models = useModels();
  const preflight = useRoiPreflight(true);
  if (problem !== undefined) return <p className="empty error">{saidOfError(problem)}</p>;
  if (info === undefined)
    return (
      <p className="empty">
        {t('Open a scene and draw ROIs of two classes or more. Here a model learns them.')}
      </p>
    );
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
