import type { ReactElement } from 'react';
import { t } from '../../words/translate.ts';
import { useWorkspace } from '../context.ts';
import { Select } from '../fields.tsx';

/** Two dates. */
export type Dates = { readonly before: string; readonly after: string };

/** Two dates among the scenes of the project; class maps and rasters of probability are none. */
export function DateFields({
  before,
  after,
  onChange,
}: Dates & { readonly onChange: (part: Partial<Dates>) => void }): ReactElement {
  const layers = useWorkspace((state) => state.document.layers);
  const scenes = [...layers.values()]
    .filter(
      ({ kind, style }) =>
        kind === 'scene' && style?.mode !== 'classes' && style?.threshold === undefined,
    )
    .sort((a, b) => a.order - b.order)
    .flatMap(({ uri, name }) => (uri === undefined ? [] : [[uri, name] as const]));
  const options = [['', t('Choose a scene')] as const, ...scenes];
  return (
    <>
      <Select
        label={t('Earlier date')}
        value={before}
        options={options}
        onChange={(uri) => onChange({ before: uri })}
      />
      <Select
        label={t('Later date')}
        value={after}
        options={options}
        onChange={(uri) => onChange({ after: uri })}
      />
    </>
  );
}
