import type { ReactElement } from 'react';
import type { TuneSettings } from '../../actions/fineTune.ts';
import { t } from '../../words/translate.ts';
import { NumberField } from '../fields.tsx';
import type { TuneProps } from './TuneData.tsx';

/** Changes to tiles that keep what the labels of a task say (app/learn/fineTuning.ts refuses the others). */
const fitting: Readonly<Record<TuneSettings['task'], readonly string[]>> = {
  scene: ['crop', 'flips', 'erasing', 'mixup', 'cutmix'],
  multilabel: ['crop', 'flips', 'erasing'],
  segmentation: ['flips', 'paste'],
  change: ['flips'],
};

function augmentName(name: string): string {
  switch (name) {
    case 'crop':
      return t('A random part, enlarged');
    case 'flips':
      return t('Flips and quarter turns');
    case 'erasing':
      return t('Random erasing');
    case 'mixup':
      return t('Mixup: two tiles in proportion');
    case 'paste':
      return t('Labelled pixels of other tiles laid over');
    default:
      return t('CutMix: a piece of another tile');
  }
}

/** How long, in what portions, and with what changes to the tiles. */
export function TuneCourse({ settings, onChange }: TuneProps): ReactElement {
  const { task, augment } = settings;
  const possible = fitting[task];
  return (
    <>
      <Choice
        label={t('Epochs as the recipe says')}
        field={t('Epochs')}
        value={settings.epochs}
        first={20}
        onChange={(epochs) => onChange({ epochs })}
      />
      <Choice
        label={t('Tiles of an epoch as the recipe says')}
        field={t('Tiles of an epoch')}
        value={settings.tiles}
        first={192}
        onChange={(tiles) => onChange({ tiles })}
      />
      <Choice
        label={t('Tiles of a step as the recipe says')}
        field={t('Tiles of a step')}
        value={settings.batch}
        first={8}
        onChange={(batch) => onChange({ batch })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={augment === undefined}
          onChange={(event) => onChange({ augment: event.target.checked ? undefined : possible })}
        />
        {t('Changes to training tiles as the recipe says')}
      </label>
      {augment !== undefined && (
        <fieldset className="legend">
          <legend>{t('Changes to training tiles')}</legend>
          {possible.map((name) => (
            <label key={name} className="check">
              <input
                type="checkbox"
                checked={augment.includes(name)}
                onChange={(event) =>
                  onChange({
                    augment: possible.filter((one) =>
                      one === name ? event.target.checked : augment.includes(one),
                    ),
                  })
                }
              />
              {augmentName(name)}
            </label>
          ))}
        </fieldset>
      )}
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
