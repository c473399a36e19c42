import type { ReactElement } from 'react';
import { formatColor, parseColor } from '../../app/raster/palette.ts';
import { t } from '../words/translate.ts';
import { type FormProps, useRestyle } from './useRestyle.ts';

/** Legend of a class map: what is hidden here is hidden on the map. */
export function ClassLegend(props: FormProps): ReactElement {
  const { style, info } = props;
  const restyle = useRestyle(props);
  const toggle = (value: number): void => {
    const hidden = style.hidden.includes(value)
      ? style.hidden.filter((one) => one !== value)
      : [...style.hidden, value];
    restyle(t('Show or hide a class'), { hidden });
  };
  return (
    <fieldset className="legend">
      <legend>{t('Classes of the map')}</legend>
      {(info.classes ?? []).map(({ value, name, color }) => (
        <div key={value} className="legend-row">
          <input
            type="color"
            className="swatch"
            aria-label={t('Colour of {name}', { name })}
            value={formatColor(style.colors[String(value)] ?? color)}
            onChange={(event) =>
              restyle(t('Change colour'), {
                colors: { ...style.colors, [String(value)]: [...parseColor(event.target.value)] },
              })
            }
          />
          <label>
            <input
              type="checkbox"
              checked={!style.hidden.includes(value)}
              onChange={() => toggle(value)}
            />
            {name}
          </label>
        </div>
      ))}
    </fieldset>
  );
}
