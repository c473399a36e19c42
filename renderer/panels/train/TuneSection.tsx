import type { ReactElement } from 'react';
import { needsDataset, startFineTuning, tuneInput } from '../../actions/fineTune.ts';
import type { TileModel } from '../../actions/tileModels.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { useSceneInUse } from '../spectra/sceneInUse.ts';
import { CostCard } from './CostCard.tsx';
import { type Cure, Preflight } from './Preflight.tsx';
import { useTuning } from './settings.ts';
import { TuneCourse } from './TuneCourse.tsx';
import { TuneData } from './TuneData.tsx';
import { TuneStart } from './TuneStart.tsx';
import { useRoiPreflight } from './useRoiPreflight.ts';

/** Fine-tuning of a network over tiles: what for, on what, from what, how. Only what applies is shown. */
export function TuneSection({ model }: { readonly model: TileModel }): ReactElement {
  const desk = useDesk();
  const { workspace } = desk;
  const info = useSceneInUse();
  const [settings, change] = useTuning();
  const onRois = settings.task === 'segmentation' && !needsDataset(settings);
  const preflight = useRoiPreflight(onRois);
  const red = onRois && preflight.value?.findings.some(({ level }) => level === 'red') === true;
  const input = tuneInput(settings, model, info?.uri);
  const cure = (kind: Cure): void => {
    if (kind === 'choose-scene') workspace.store.set({ dialog: 'open' });
    if (kind === 'add-rois') workspace.store.set({ tool: 'polygon' });
  };
  return (
    <>
      <TuneData settings={settings} onChange={change} />
      <TuneStart model={model} settings={settings} onChange={change} />
      <TuneCourse settings={settings} onChange={change} />
      {onRois && info !== undefined && (
        <Preflight label={t('Before training')} answer={preflight} onCure={cure} />
      )}
      {typeof input === 'string' ? (
        <p className="hint">{input}</p>
      ) : (
        <CostCard
          label={t('What training will take')}
          kind="train"
          input={input}
          ready={!red && (!onRois || preflight.value !== undefined)}
        />
      )}
      <button
        type="button"
        className="primary"
        disabled={red || typeof input === 'string'}
        onClick={() => startFineTuning(desk, model)}
      >
        {t('Train')}
      </button>
    </>
  );
}
