import type { ReactElement } from 'react';
import { swipeOver } from '../../actions/swipe.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { Select } from '../fields.tsx';
import type { ChangeSettings, ChangeTheSettings } from './changeSettings.ts';

/** The two dates, and how they are looked at together. */
export function DatesOnMap({
  settings: { before, after },
  onChange,
}: {
  readonly settings: ChangeSettings;
  readonly onChange: ChangeTheSettings;
}): ReactElement {
  const desk = useDesk();
  const layers = useWorkspace((state) => state.document.layers);
  const scenes = [...layers.values()]
    .filter(
      ({ kind, style }) =>
        kind === 'scene' && style?.mode !== 'classes' && style?.threshold === undefined,
    )
    .sort((a, b) => a.order - b.order)
    .flatMap(({ uri, name }) => (uri === undefined ? [] : [[uri, name] as const]));
  const none = ['', t('Choose a scene')] as const;
  return (
    <>
      <Select
        label={t('Earlier date')}
        value={before}
        options={[none, ...scenes]}
        onChange={(uri) => onChange({ before: uri })}
      />
      <Select
        label={t('Later date')}
        value={after}
        options={[none, ...scenes]}
        onChange={(uri) => onChange({ after: uri })}
      />
      <div className="actions">
        <button
          type="button"
          disabled={before === '' || after === '' || before === after}
          onClick={() => swipeOver(desk, after, before)}
        >
          {t('Swipe between the dates')}
        </button>
      </div>
    </>
  );
}
