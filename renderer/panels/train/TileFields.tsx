import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { NumberField, Select } from '../fields.tsx';
import { modelLabel, useModels } from './useModels.ts';

// What pre-training and fine-tuning ask alike.

/** Sizes of SpectralGPT, as a choice. */
export const sizeOptions = (): readonly (readonly [
  'tiny' | 'base' | 'large' | 'huge',
  string,
])[] => [
  ['tiny', t('Tiny: minutes on a processor')],
  ['base', t('Base (86 million numbers)')],
  ['large', t('Large (304 million numbers)')],
  ['huge', t('Huge (over 600 million numbers)')],
];

/** A model that the weights start from, or none. One that is chosen and gone is still shown. */
export function StartFrom({
  family = 'spectralgpt',
  init,
  onChange,
}: {
  /** Networks of which kind can be started from. */
  readonly family?: string;
  readonly init: string | undefined;
  readonly onChange: (path: string | undefined) => void;
}): ReactElement {
  const earlier = useModels().filter((model) => model.family === family);
  const known = init === undefined || earlier.some(({ path }) => path === init);
  return (
    <Select
      label={t('Start from')}
      value={init ?? ''}
      options={[
        ['', t('Nothing: new weights')] as const,
        ...earlier.map((model) => [model.path, modelLabel(model)] as const),
        ...(known ? [] : [[init, init] as const]),
      ]}
      onChange={(path) => onChange(path === '' ? undefined : path)}
    />
  );
}

/** How long, and in what portions. */
export type CourseNumbers = {
  readonly epochs: number | undefined;
  readonly tiles: number | undefined;
  readonly batch: number | undefined;
};

/** Epochs, tiles of an epoch and of a step; `first` is offered when the recipe is left. */
export function CourseFields({
  values,
  first,
  onChange,
}: {
  readonly values: CourseNumbers;
  readonly first: { readonly tiles: number; readonly batch: number };
  readonly onChange: (part: Partial<CourseNumbers>) => void;
}): ReactElement {
  return (
    <>
      <Choice
        label={t('Epochs as the recipe says')}
        field={t('Epochs')}
        value={values.epochs}
        first={20}
        onChange={(epochs) => onChange({ epochs })}
      />
      <Choice
        label={t('Tiles of an epoch as the recipe says')}
        field={t('Tiles of an epoch')}
        value={values.tiles}
        first={first.tiles}
        onChange={(tiles) => onChange({ tiles })}
      />
      <Choice
        label={t('Tiles of a step as the recipe says')}
        field={t('Tiles of a step')}
        value={values.batch}
        first={first.batch}
        onChange={(batch) => onChange({ batch })}
      />
    </>
  );
}

/** A number that a recipe knows, and the analyst's own where the tick is taken away. */
export function Choice({
  label,
  field,
  value,
  first,
  onChange,
}: {
  readonly label: string;
  readonly field: string;
  readonly value: number | undefined;
  /** Offered when the recipe is left. */
  readonly first: number;
  readonly onChange: (value: number | undefined) => void;
}): ReactElement {
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={value === undefined}
          onChange={(event) => onChange(event.target.checked ? undefined : first)}
        />
        {label}
      </label>
      {value !== undefined && (
        <NumberField
          label={field}
          value={value}
          range={[1, 100_000]}
          onChange={(next) => onChange(Math.round(next))}
        />
      )}
    </>
  );
}
