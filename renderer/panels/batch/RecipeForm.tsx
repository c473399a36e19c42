import type { ReactElement } from 'react';
import type { BatchRecipe } from '../../../app/contract/batchRecipe.ts';
import { t } from '../../words/translate.ts';
import { NumberField, Select, Tick } from '../fields.tsx';
import { type Model, modelLabel, seesTiles } from '../train/useModels.ts';
import { type ExtraOutput, hiddenSettings, withMapName, withOutput } from './batchSettings.ts';
import { Text } from './RunOptions.tsx';

type Props = {
  readonly recipe: BatchRecipe;
  readonly onChange: (recipe: BatchRecipe) => void;
};

/** How each scene is mapped: model, settings, post-processing, outputs. */
export function RecipeForm({
  recipe,
  models,
  onChange,
}: Props & { readonly models: readonly Model[] }): ReactElement {
  const { settings } = recipe;
  const model = models.find(({ path }) => path === recipe.model);
  const hidden = hiddenSettings(recipe);
  return (
    <>
      <Select
        label={t('Model')}
        value={recipe.model}
        options={[
          ...models.map((one) => [one.path, modelLabel(one)] as const),
          ...(model !== undefined ? [] : [[recipe.model, recipe.model] as const]),
        ]}
        onChange={(path) => onChange({ ...recipe, model: path })}
      />
      {(seesTiles(model) || settings.flips) && (
        <Tick
          label={t('Test-time augmentation: mean over flips and rotations, eight times the work')}
          checked={settings.flips}
          onChange={(flips) => onChange({ ...recipe, settings: { ...settings, flips } })}
        />
      )}
      <Postprocess recipe={recipe} onChange={onChange} />
      <Outputs recipe={recipe} onChange={onChange} />
      <Tick
        label={t('Map although the check says no')}
        checked={settings.force}
        onChange={(force) => onChange({ ...recipe, settings: { ...settings, force } })}
      />
      {hidden.length > 0 && (
        <p className="hint">{t('Also set by the recipe: {names}', { names: hidden.join(', ') })}</p>
      )}
    </>
  );
}

const sides = [3, 5, 7, 9, 11];

function Postprocess({ recipe, onChange }: Props): ReactElement {
  const { majority, sieve, minimumArea } = recipe.postprocess;
  const change = (part: Partial<BatchRecipe['postprocess']>): void => {
    const all = Object.entries({ ...recipe.postprocess, ...part });
    const postprocess = Object.fromEntries(all.filter(([, value]) => (value ?? 0) > 0));
    onChange({ ...recipe, postprocess });
  };
  const options = majority === undefined || sides.includes(majority) ? sides : [...sides, majority];
  return (
    <>
      <Select
        label={t('Smooth: most frequent class around each pixel')}
        value={String(majority ?? 0)}
        options={[
          ['0', t('Do not smooth')],
          ...options.map((side) => [String(side), t('{side} × {side} pixels', { side })] as const),
        ]}
        onChange={(side) => change({ majority: Number(side) })}
      />
      <NumberField
        label={t('Sieve: areas of fewer pixels join their largest neighbour')}
        value={sieve ?? 0}
        range={[0, 1_000_000]}
        onChange={(pixels) => change({ sieve: pixels < 2 ? 0 : Math.round(pixels) })}
      />
      <NumberField
        label={t('Least area, ha: smaller ones join their largest neighbour')}
        value={minimumArea ?? 0}
        range={[0, 1_000_000]}
        step={0.1}
        onChange={(hectares) => change({ minimumArea: hectares })}
      />
    </>
  );
}

function Outputs({ recipe, onChange }: Props): ReactElement {
  const { outputs, stac, mosaic } = recipe;
  const extra = (kind: ExtraOutput, label: string): ReactElement => (
    <Tick
      label={label}
      checked={outputs[kind] !== undefined}
      onChange={(wanted) => onChange({ ...recipe, outputs: withOutput(outputs, kind, wanted) })}
    />
  );
  return (
    <>
      <Text
        label={t('Names of the maps: {folder}, {name}, {ending}, {date}, {model} are filled in')}
        value={outputs.map}
        empty="{folder}/{name}.tif"
        onChange={(map) => {
          if (map !== '') onChange({ ...recipe, outputs: withMapName(outputs, map) });
        }}
      />
      {extra('vector', t('Polygons (GeoPackage)'))}
      {extra('score', t('Score of the class chosen'))}
      {extra('probabilities', t('Probability of every class'))}
      {extra('preview', t('Preview (PNG)'))}
      <Tick
        label={t('Mosaic of all maps, for QGIS (VRT)')}
        checked={mosaic}
        onChange={(next) => onChange({ ...recipe, mosaic: next })}
      />
      <Tick
        label={t('Catalogue (STAC items and collection)')}
        checked={stac}
        onChange={(next) => onChange({ ...recipe, stac: next })}
      />
    </>
  );
}
