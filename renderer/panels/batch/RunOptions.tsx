import type { ReactElement } from 'react';
import { useEffect, useState } from 'react';
import { t } from '../../words/translate.ts';
import { Field, NumberField, Select, Tick } from '../fields.tsx';
import type { BatchSettings, ChangeBatch } from './batchSettings.ts';

type Props = { readonly settings: BatchSettings; readonly onChange: ChangeBatch };

/** Which scenes of the folder are mapped, and which of them first. */
export function Chosen({ settings, onChange }: Props): ReactElement {
  return (
    <>
      <Text
        label={t('Only scenes that match')}
        value={settings.pattern}
        empty="*.tif, 2024/**"
        onChange={(pattern) => onChange({ pattern })}
      />
      <Text
        label={t('Leave out what matches')}
        value={settings.exclude}
        empty={t('nothing')}
        onChange={(exclude) => onChange({ exclude })}
      />
      <Text
        label={t('Map first what matches')}
        value={settings.first}
        empty={t('by name')}
        onChange={(first) => onChange({ first })}
      />
      <p className="hint">
        {t(
          'Patterns with commas between them. One without “/” is about names in all folders, another about paths from the folder of scenes.',
        )}
      </p>
    </>
  );
}

/** How many at a time, what a failure does to the others, and whether it waits for more. */
export function Course({ settings, onChange }: Props): ReactElement {
  const { jobs, onError, retries, watch, settle, fresh } = settings;
  return (
    <>
      <NumberField
        label={t('Scenes mapped at a time')}
        value={jobs}
        range={[1, 64]}
        onChange={(count) => onChange({ jobs: Math.round(count) })}
      />
      <Select
        label={t('When a scene fails')}
        value={onError}
        options={[
          ['skip', t('go on with the others')],
          ['stop', t('stop the batch')],
        ]}
        onChange={(next) => onChange({ onError: next })}
      />
      <NumberField
        label={t('Further tries where a process or the network failed')}
        value={retries}
        range={[0, 10]}
        onChange={(count) => onChange({ retries: Math.round(count) })}
      />
      <Tick
        label={t('Watch the folder: map what arrives until it is stopped, beside other jobs')}
        checked={watch}
        onChange={(next) => onChange({ watch: next })}
      />
      {watch && (
        <NumberField
          label={t('A new file is taken when it did not change for so many seconds')}
          value={settle}
          range={[0, 3600]}
          onChange={(seconds) => onChange({ settle: seconds })}
        />
      )}
      <Tick
        label={t('Map all scenes anew')}
        checked={fresh}
        onChange={(next) => onChange({ fresh: next })}
      />
    </>
  );
}

/** A text that takes effect when the field is left or Enter is pressed. */
export function Text({
  label,
  value,
  empty,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly empty: string;
  readonly onChange: (value: string) => void;
}): ReactElement {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const keep = (): void => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <Field label={label}>
      <input
        value={text}
        spellCheck={false}
        placeholder={empty}
        onChange={(event) => setText(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === 'Enter') keep();
        }}
      />
    </Field>
  );
}
