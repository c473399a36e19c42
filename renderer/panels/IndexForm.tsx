import { type ReactElement, useEffect, useId, useState } from 'react';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { DeskOutput } from '../../app/contract/deskApi.ts';
import { errorRecord } from '../../app/error.ts';
import { parseExpression } from '../../app/raster/expression.ts';
import { saidOfError, t } from '../words/translate.ts';
import { useDesk } from './context.ts';
import { Field, Select } from './fields.tsx';
import { useAnswer } from './spectra/useAnswer.ts';
import { type FormProps, useRestyle } from './useRestyle.ts';

type Indices = DeskOutput<'scene.indices'>['indices'];

/** Spectral indices that the bands of a scene allow; none until the host has said. */
export function useIndices(info: SceneInfo): Indices {
  const { workspace } = useDesk();
  const { scene, stamp } = info;
  const ask = (signal: AbortSignal) => workspace.host.call('scene.indices', { scene }, signal);
  return useAnswer(`${scene} ${stamp}`, ask, 0).value?.indices ?? [];
}

/** What an index shows first: a known one, else that of the first two bands. */
export const firstExpression = (indices: Indices): string =>
  indices[0]?.expression ?? '(b1 - b2) / (b1 + b2)';

/** Choice of an index, or band arithmetic of one's own: taken over once it can be read. */
export function IndexForm({
  indices,
  ...props
}: FormProps & { readonly indices: Indices }): ReactElement {
  const { style, info } = props;
  const restyle = useRestyle(props);
  const [text, setText] = useState(style.expression);
  const [problem, setProblem] = useState<string>();
  const id = useId();
  const begin = (expression: string): void => {
    setText(expression);
    setProblem(undefined);
  };
  useEffect(() => begin(style.expression), [style.expression]);
  const current = indices.find(({ expression }) => expression === style.expression);
  const take = (): void => {
    if (text === style.expression) return begin(text);
    const found = problemOf(text, info);
    setProblem(found);
    if (found === undefined) restyle(t('Change index'), { expression: text });
  };
  return (
    <>
      <Select
        label={t('Index')}
        value={current?.name ?? ''}
        options={[
          ['', t('Own expression')] as const,
          ...indices.map(({ name, title }) => [name, `${name} · ${t(title)}`] as const),
        ]}
        onChange={(name) => {
          const preset = indices.find((one) => one.name === name);
          if (preset !== undefined) restyle(t('Change index'), { expression: preset.expression });
        }}
      />
      {current !== undefined && <p className="hint">{current.source}</p>}
      <Field label={t('Expression of bands')}>
        <input
          value={text}
          spellCheck={false}
          maxLength={500}
          aria-invalid={problem !== undefined}
          aria-describedby={id}
          onChange={(event) => setText(event.target.value)}
          onBlur={take}
          onKeyDown={(event) => {
            if (event.key === 'Enter') take();
          }}
        />
      </Field>
      {problem !== undefined && (
        <p id={id} className="error-text" role="alert">
          {problem}
        </p>
      )}
    </>
  );
}

function problemOf(text: string, info: SceneInfo): string | undefined {
  try {
    parseExpression(text, info.bands);
    return undefined;
  } catch (error) {
    return saidOfError(errorRecord(error));
  }
}
