import { type ReactElement, useEffect, useState } from 'react';
import { Field } from '../fields.tsx';

/** A number that may be left empty: then what is set elsewhere holds. */
export function OptionalNumber({
  label,
  value,
  range: [least, most],
  step,
  empty,
  onChange,
}: {
  readonly label: string;
  readonly value: number | undefined;
  readonly range: readonly [number, number];
  readonly step: number;
  /** What holds where the field is empty. */
  readonly empty: string;
  readonly onChange: (value: number | undefined) => void;
}): ReactElement {
  const shown = value === undefined ? '' : String(value);
  const [text, setText] = useState(shown);
  useEffect(() => setText(shown), [shown]);
  const keep = (): void => {
    const number = Number(text);
    const next =
      text.trim() === '' || !Number.isFinite(number)
        ? undefined
        : Math.min(most, Math.max(least, number));
    setText(next === undefined ? '' : String(next));
    if (next !== value) onChange(next);
  };
  return (
    <Field label={label}>
      <input
        type="number"
        min={least}
        max={most}
        step={step === 1 ? 'any' : step}
        placeholder={empty}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={keep}
        onKeyDown={(event) => {
          if (event.key === 'Enter') keep();
        }}
      />
    </Field>
  );
}
