import type { ReactElement } from 'react';
import { fittingAugmentation } from '../../../app/learn/fineTuning.ts';
import { t } from '../../words/translate.ts';
import { Select } from '../fields.tsx';
import { CourseFields } from './TileFields.tsx';
import type { TuneProps } from './TuneData.tsx';

function augmentName(name: string): string {
  switch (name) {
    case 'crop':
      return t('A random part, enlarged');
    case 'flips':
      return t('Flips and quarter turns');
    case 'light':
      return t('More or less light');
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
  const possible: readonly string[] = fittingAugmentation[task];
  return (
    <>
      {task === 'change' && (
        <Select
          label={t('Class weights in the loss')}
          value={settings.changeWeights}
          options={[
            ['published', t('As published for OSCD: false alarms count ten times')],
            ['balanced', t('Balanced: changed and unchanged count the same')],
            ['none', t('None: every pixel counts the same')],
          ]}
          onChange={(changeWeights) => onChange({ changeWeights })}
        />
      )}
      <CourseFields values={settings} first={{ tiles: 192, batch: 8 }} onChange={onChange} />
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
