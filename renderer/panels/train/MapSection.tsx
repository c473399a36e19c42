import type { ReactElement } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { mapScene } from '../../actions/run.ts';
import { useStore } from '../../state/store.ts';
import { type ViewState, viewStore } from '../../state/view.ts';
import { stampNow } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Select } from '../fields.tsx';
import { useAnswer } from '../spectra/useAnswer.ts';
import { CostCard } from './CostCard.tsx';
import { type Cure, Preflight } from './Preflight.tsx';
import { chooseModel, type MapOptions, mapInput, useMapping } from './settings.ts';
import { Choice } from './TileFields.tsx';
import {
  type Model,
  mapsScenes,
  modelLabel,
  namesTiles,
  seesTiles,
  useModels,
} from './useModels.ts';

/** Maps what is in view, ROIs or the whole scene with a model. */
export function MapSection({ info }: { readonly info: SceneInfo }): ReactElement {
  const { workspace } = useDesk();
  const models = useModels().filter(mapsScenes);
  const chosen = useWorkspace((state) => state.document.settings.get('model'));
  const model = typeof chosen === 'string' ? chosen : models[0]?.path;
  const [options, change] = useMapping();
  const preflight = useAnswer(
    model === undefined ? undefined : `${info.uri} ${info.stamp} ${model}`,
    (signal) => workspace.host.call('preflight', { scene: info.uri, model: model! }, signal),
    300,
  );
  const red = preflight.value?.findings.some(({ level }) => level === 'red') === true;
  const cure = (kind: Cure): void => {
    if (kind === 'force') change({ force: true });
    if (kind === 'choose-scene') workspace.store.set({ dialog: 'open' });
  };
  const inUse = models.find(({ path }) => path === model);
  const listed = inUse !== undefined;
  return (
    <>
      <LivePreview />
      {model === undefined ? (
        <p className="hint">{t('There is no model yet: train one first.')}</p>
      ) : (
        <>
          <Select
            label={t('Model')}
            value={model}
            options={[
              ...models.map((one) => [one.path, modelLabel(one)] as const),
              ...(listed ? [] : [[model, model] as const]),
            ]}
            onChange={(path) => chooseModel(workspace, path)}
          />
          <Preflight
            label={t('The scene against the model card')}
            answer={preflight}
            onCure={cure}
          />
          <MapChoices model={inUse} options={options} onChange={change} />
          <CostCard
            label={t('What mapping the scene will take')}
            kind="predict"
            input={{ model, scene: info.uri, ...mapInput(options, inUse) }}
            ready={preflight.value !== undefined && (!red || options.force)}
          />
          <MapButtons
            model={model}
            input={mapInput(options, inUse)}
            name={info.name}
            options={
              inUse?.task === 'multilabel'
                ? { ...options, probabilities: false, score: false }
                : options
            }
            disabled={red && !options.force}
          />
        </>
      )}
    </>
  );
}

function MapChoices({
  model,
  options,
  onChange,
}: {
  readonly model: Model | undefined;
  readonly options: MapOptions;
  readonly onChange: (part: Partial<MapOptions>) => void;
}): ReactElement {
  const choices: readonly (readonly [Exclude<keyof MapOptions, 'stride'>, string])[] = [
    // The map of several labels holds the scores of all classes already.
    ...(model?.task === 'multilabel'
      ? []
      : [
          ['probabilities', t('Also write the model score of every class')] as const,
          ['score', t('Also write the model score of the class chosen')] as const,
        ]),
    ...(seesTiles(model)
      ? [
          [
            'flips',
            t('Test-time augmentation: mean over flips and rotations, eight times the work'),
          ] as const,
        ]
      : []),
    ['force', t('Map although the scene does not meet the model card (recorded in the map)')],
  ];
  return (
    <fieldset className="legend">
      <legend>{t('Options of the map')}</legend>
      {choices.map(([name, label]) => (
        <label key={name} className="check">
          <input
            type="checkbox"
            checked={options[name]}
            onChange={(event) => onChange({ [name]: event.target.checked })}
          />
          {label}
        </label>
      ))}
      {namesTiles(model) && (
        <Choice
          label={t('Tiles side by side, without overlap')}
          field={t('Stride: pixels from tile to tile')}
          value={options.stride}
          first={Math.max(1, Math.round((model?.tile ?? 64) / 2))}
          onChange={(stride) => onChange({ stride })}
        />
      )}
    </fieldset>
  );
}

function MapButtons({
  model,
  input,
  name,
  options,
  disabled,
}: {
  readonly model: string;
  readonly input: Record<string, unknown>;
  readonly name: string;
  readonly options: MapOptions;
  readonly disabled: boolean;
}): ReactElement {
  const desk = useDesk();
  const rois = useWorkspace((state) => state.selectedRois.size);
  const run = (part: 'view' | 'rois' | 'scene') => (): void => {
    const { probabilities, score } = options;
    const file = `${name.replace(/\.[^.]+$/, '')} ${stampNow()}`;
    mapScene(desk, part, {
      model,
      ...(probabilities ? { probabilities: `${file} scores.tif` } : {}),
      ...(score ? { score: `${file} score.tif` } : {}),
      ...input,
    });
  };
  return (
    <div className="actions">
      <button type="button" className="primary" disabled={disabled} onClick={run('view')}>
        {t('Map view')}
      </button>
      <button type="button" disabled={disabled || rois === 0} onClick={run('rois')}>
        {rois === 0 ? t('Map selected ROIs') : t('Map selected ROIs ({rois})', { rois })}
      </button>
      <button type="button" disabled={disabled} onClick={run('scene')}>
        {t('Map scene')}
      </button>
    </div>
  );
}

export const previewWords: Readonly<Record<Exclude<ViewState['previewState'], 'none'>, string>> = {
  working: 'Working on it…',
  fresh: 'Up to date.',
  stale: 'The ROIs changed since: what is shown is old.',
};

/** The quick map while ROIs are drawn. */
function LivePreview(): ReactElement {
  const preview = useStore(viewStore, (state) => state.preview);
  const state = useStore(viewStore, (view) => view.previewState);
  return (
    <fieldset className="legend">
      <legend>{t('Live preview while drawing')}</legend>
      <div className="actions">
        {(
          [
            ['off', t('Off')],
            ['once', t('Once')],
            ['live', t('Live')],
          ] as const
        ).map(([value, label]) => (
          <label key={value} className="check">
            <input
              type="radio"
              name="preview"
              checked={preview === value}
              onChange={() => viewStore.set({ preview: value })}
            />
            {label}
          </label>
        ))}
      </div>
      <p className="hint" role="status">
        {state !== 'none' && t(previewWords[state])}
      </p>
      <p className="hint">
        {t(
          'A random forest trained on the spot on your ROIs, for what is in view: quick, not final.',
        )}
      </p>
    </fieldset>
  );
}
