import type { ReactElement } from 'react';
import { swipeOver } from '../../actions/swipe.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import type { ChangeSettings, ChangeTheSettings } from './changeSettings.ts';
import { DateFields } from './DateFields.tsx';

/** The two dates, and how they are looked at together. */
export function DatesOnMap({
  settings: { before, after },
  onChange,
}: {
  readonly settings: ChangeSettings;
  readonly onChange: ChangeTheSettings;
}): ReactElement {
  const desk = useDesk();
  return (
    <>
      <DateFields before={before} after={after} onChange={onChange} />
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
