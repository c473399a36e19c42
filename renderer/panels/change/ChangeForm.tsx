import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { useClassMaps } from '../accuracy/classMaps.ts';
import { NumberField, Select, Tick } from '../fields.tsx';
import { type Model, mapsScenes, modelLabel, useModels } from '../train/useModels.ts';
import type { ChangeSettings, ChangeTheSettings } from './changeSettings.ts';

type Props = {
  readonly settings: ChangeSettings;
  readonly onChange: ChangeTheSettings;
};

/** Model, threshold and what is written. */
export function ChangeForm({
  settings,
  models,
  onChange,
}: Props & { readonly models: readonly Model[] }): ReactElement {
  const model = models.find(({ path }) => path === settings.model);
  return (
    <>
      <Select
        label={t('Model of change')}
        value={settings.model}
        options={[
          ...models.map((model) => [model.path, modelLabel(model)] as const),
          ...(model !== undefined ? [] : [[settings.model, settings.model] as const]),
        ]}
        onChange={(model) => onChange({ model })}
      />
      <div className="pair">
        <NumberField
          label={t('Changed from a probability of')}
          value={settings.threshold ?? model?.threshold ?? 0.5}
          range={[0.01, 0.99]}
          step={0.05}
          onChange={(threshold) => onChange({ threshold })}
        />
        <NumberField
          label={t('Least area of a change, ha')}
          value={settings.minimumArea}
          range={[0, 1_000_000]}
          step={0.1}
          onChange={(minimumArea) => onChange({ minimumArea })}
        />
      </div>
      <Tick
        label={t('Bring the light of the later date to that of the earlier one first')}
        checked={settings.normalise}
        onChange={(normalise) => onChange({ normalise })}
      />
      <Tick
        label={t('Test-time augmentation: mean over flips and rotations, eight times the work')}
        checked={settings.flips}
        onChange={(flips) => onChange({ flips })}
      />
      <Tick
        label={t('Also write the changes as polygons (GeoPackage)')}
        checked={settings.polygons}
        onChange={(polygons) => onChange({ polygons })}
      />
      <FromTo settings={settings} onChange={onChange} />
    </>
  );
}

/** Where the classes of both dates come from, for the table of transitions. */
function FromTo({ settings, onChange }: Props): ReactElement {
  const maps = useClassMaps();
  const models = useModels().filter((model) => mapsScenes(model) && model.classes.length > 1);
  const none = ['', t('Choose')] as const;
  const mapOptions = [none, ...maps.map(({ row, info }) => [info.uri, row.name] as const)];
  const { classes, beforeMap, afterMap, classesModel } = settings;
  return (
    <>
      <Select
        label={t('From which class to which')}
        value={classes}
        options={[
          ['none', t('Do not ask')],
          ['maps', t('From class maps of both dates')],
          ['model', t('From a model that maps both dates')],
        ]}
        onChange={(next) => onChange({ classes: next })}
      />
      {classes === 'maps' && (
        <>
          <Select
            label={t('Class map of the earlier date')}
            value={beforeMap}
            options={mapOptions}
            onChange={(uri) => onChange({ beforeMap: uri })}
          />
          <Select
            label={t('Class map of the later date')}
            value={afterMap}
            options={mapOptions}
            onChange={(uri) => onChange({ afterMap: uri })}
          />
        </>
      )}
      {classes === 'model' && (
        <Select
          label={t('Model of the classes')}
          value={classesModel}
          options={[none, ...models.map((model) => [model.path, modelLabel(model)] as const)]}
          onChange={(path) => onChange({ classesModel: path })}
        />
      )}
    </>
  );
}
