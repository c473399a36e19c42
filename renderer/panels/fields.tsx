import { type ReactElement, type ReactNode, useEffect, useId, useState } from 'react';

/** A control under its name. */
export function Field({
  label,
  children,
}: {
  readonly label: string;
  readonly children: ReactNode;
}): ReactElement {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label className="field">
      <span>{label}</span>
      {children}
    </label>
  );
}

/** The system's own choice list: known to keyboards and screen readers, quick with hundreds of bands. */
export function Select<Value extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, text: string])[];
  readonly onChange: (value: Value) => void;
}): ReactElement {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value as Value)}>
        {options.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

/** A number that takes effect when the field is left or Enter is pressed. */
export function NumberField({
  label,
  value,
  range: [least, most],
  step = 1,
  onChange,
}: {
  readonly label: string;
  readonly value: number;
  readonly range: readonly [number, number];
  readonly step?: number;
  readonly onChange: (value: number) => void;
}): ReactElement {
  const [text, setText] = useState(String(value));
  useEffect(() => setText(String(value)), [value]);
  const keep = (): void => {
    const next = Number(text);
    const good = text.trim() !== '' && Number.isFinite(next);
    const clamped = Math.min(most, Math.max(least, good ? next : value));
    setText(String(clamped));
    if (clamped !== value) onChange(clamped);
  };
  return (
    <Field label={label}>
      <input
        type="number"
        min={least}
        max={most}
        step={step}
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

/** A box to tick, with its name beside it. */
export function Tick({
  label,
  checked,
  onChange,
}: {
  readonly label: string;
  readonly checked: boolean;
  readonly onChange: (checked: boolean) => void;
}): ReactElement {
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
