import type { ReactElement } from 'react';
import type { SceneInfo } from '../../../app/contract/desk/scenes.ts';
import { newId } from '../../edits/newId.ts';
import { t } from '../../words/translate.ts';
import { Icon } from '../icons.tsx';
import { useCursorSpectrum } from './useCursorSpectrum.ts';

/** A signature of one pixel that stays while the cursor moves on. */
export type Kept = {
  readonly id: string;
  readonly name: string;
  readonly scene: string;
  readonly values: readonly (number | null)[];
};

export function KeptSignatures({
  info,
  kept,
  onChange,
}: {
  readonly info: SceneInfo;
  readonly kept: readonly Kept[];
  readonly onChange: (kept: readonly Kept[]) => void;
}): ReactElement {
  const under = useCursorSpectrum(info);
  const keep = (): void => {
    if (under === undefined) return;
    const { values, pixel } = under;
    const name = t('Pixel {x}, {y}', { x: pixel[0], y: pixel[1] });
    onChange([...kept, { id: newId(), name, scene: info.scene, values }]);
  };
  return (
    <>
      <button type="button" disabled={under === undefined} onClick={keep}>
        {t('Keep the signature at the cursor')}
      </button>
      {kept.length > 0 && (
        <ul className="plain-list">
          {kept.map((one) => (
            <li key={one.id}>
              <span>{one.name}</span>
              <button
                type="button"
                className="icon-button small"
                aria-label={t('Forget the signature of {name}', { name: one.name })}
                onClick={() => onChange(kept.filter(({ id }) => id !== one.id))}
              >
                <Icon name="close" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
