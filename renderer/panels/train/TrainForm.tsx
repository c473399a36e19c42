import { type ReactElement, useEffect, useState } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import type { TrainSettings } from '../../actions/run.ts';
import { t } from '../../words/translate.ts';
import { Field, NumberField, Select } from '../fields.tsx';
import { type Model, modelLabel } from './useModels.ts';

type Change = (part: Partial<TrainSettings>) => void;

/** What is trained and how; every field has a default that serves. */
export function TrainForm({
  info,
  settings,
  models,
  onChange,
}: {
  readonly info: SceneInfo;
  readonly settings: TrainSettings;
  readonly models: readonly Model[];
  readonly onChange: Change;
}): ReactElement {
  const network = settings.model === 'spectralmamba';
  return (
    <>
      {network && <NetworkFields settings={settings} models={models} onChange={onChange} />}
      <Select
        label={t('Validation')}
        value={settings.split}
        options={[
          ['block', t('ROIs apart from the training ones: honest')],
          ['random', t('Random pixels: as in papers, too favourable')],
        ]}
        onChange={(split) => onChange({ split })}
      />
      <SkippedBands info={info} skipped={settings.skipBands} onChange={onChange} />
    </>
  );
}

function NetworkFields({
  settings,
  models,
  onChange,
}: {
  readonly settings: TrainSettings;
  readonly models: readonly Model[];
  readonly onChange: Change;
}): ReactElement {
  const earlier = models.filter(({ family }) => family === 'spectralmamba');
  const known = settings.init === undefined || earlier.some(({ path }) => path === settings.init);
  return (
    <>
      <div className="pair">
        <Select
          label={t('Recipe')}
          value={settings.preset}
          options={[
            ['prismap', t('Prismap')],
            ['paper', t('As published')],
          ]}
          onChange={(preset) => onChange({ preset })}
        />
        <Select
          label={t('Looks at')}
          value={String(settings.patch) as '1' | '3'}
          options={[
            ['1', t('single pixels')],
            ['3', t('3 × 3 pixels')],
          ]}
          onChange={(patch) => onChange({ patch: patch === '3' ? 3 : 1 })}
        />
      </div>
      <label className="check">
        <input
          type="checkbox"
          checked={settings.epochs === undefined}
          onChange={(event) => onChange({ epochs: event.target.checked ? undefined : 100 })}
        />
        {t('Epochs as the recipe says')}
      </label>
      {settings.epochs !== undefined && (
        <NumberField
          label={t('Epochs')}
          value={settings.epochs}
          range={[1, 100_000]}
          onChange={(epochs) => onChange({ epochs: Math.round(epochs) })}
        />
      )}
      <Select
        label={t('Start from')}
        value={settings.init ?? ''}
        options={[
          ['', t('Nothing: new weights')],
          ...earlier.map((model) => [model.path, modelLabel(model)] as const),
          ...(known ? [] : [[settings.init, settings.init] as const]),
        ]}
        onChange={(init) => onChange({ init: init === '' ? undefined : init })}
      />
    </>
  );
}

/** `auto` and the names of bands that are left out. */
function SkippedBands({
  info,
  skipped,
  onChange,
}: {
  readonly info: SceneInfo;
  readonly skipped: readonly string[];
  readonly onChange: Change;
}): ReactElement {
  const auto = skipped.includes('auto');
  const names = skipped.filter((name) => name !== 'auto').join(', ');
  const [text, setText] = useState(names);
  useEffect(() => setText(names), [names]);
  const known = new Set(info.bands.map(({ name }) => name));
  const listed = text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const unknown = listed.filter((name) => !known.has(name));
  const keep = (automatic: boolean): void =>
    onChange({ skipBands: [...(automatic ? ['auto'] : []), ...listed] });
  return (
    <>
      <label className="check">
        <input type="checkbox" checked={auto} onChange={(event) => keep(event.target.checked)} />
        {t('Leave out bands without information')}
      </label>
      <Field label={t('Other bands to leave out, by name, with commas')}>
        <input
          value={text}
          spellCheck={false}
          aria-invalid={unknown.length > 0}
          onChange={(event) => setText(event.target.value)}
          onBlur={() => {
            if (text !== names) keep(auto);
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter') keep(auto);
          }}
        />
      </Field>
      {unknown.length > 0 && (
        <p className="error-text">
          {t('The scene has no band {names}. Its bands are {bands}.', {
            names: unknown.join(', '),
            bands: [...known].slice(0, 20).join(', ') + (known.size > 20 ? ' …' : ''),
          })}
        </p>
      )}
    </>
  );
}
