import type { ReactElement } from 'react';
import type { SceneInfo } from '../../app/contract/desk/scenes.ts';
import type { SceneStyle } from '../../app/project/rows.ts';
import { ramps } from '../state/palettes.ts';
import { viewStore } from '../state/view.ts';
import { saidOfError, t } from '../words/translate.ts';
import { ClassLegend } from './ClassLegend.tsx';
import { useWorkspace } from './context.ts';
import { NumberField, Select } from './fields.tsx';
import { Histogram } from './Histogram.tsx';
import { firstExpression, IndexForm, useIndices } from './IndexForm.tsx';
import { Properties } from './Properties.tsx';
import { compositesOf } from './presets.ts';
import { type FormProps, useRestyle } from './useRestyle.ts';

/** Style and properties of the selected layer. */
export function StylePanel(): ReactElement {
  const row = useWorkspace((state) => state.document.layers.get(state.selectedLayer ?? ''));
  const entry = useWorkspace((state) => state.scenes.get(row?.uri ?? ''));
  if (row === undefined)
    return <p className="empty">{t('Choose a layer to see its style and properties.')}</p>;
  if (entry?.state === 'failed') return <p className="empty error">{saidOfError(entry.error)}</p>;
  if (entry?.state !== 'open' || row.style === undefined)
    return <p className="empty">{row.name}</p>;
  return (
    <div className="form">
      <h2>{row.name}</h2>
      <StyleForm key={row.id} row={row} style={row.style} info={entry.info} />
      <Properties info={entry.info} />
    </div>
  );
}

function StyleForm(props: FormProps): ReactElement {
  const { style, info } = props;
  const restyle = useRestyle(props);
  const indices = useIndices(info);
  const modes = [
    ...(info.bands.length >= 3 ? [['rgb', t('Composite of three bands')] as const] : []),
    ['single', t('Single band')] as const,
    ...(info.bands.length >= 2 ? [['index', t('Spectral index')] as const] : []),
    ...(info.classes === undefined ? [] : [['classes', t('Classes')] as const]),
  ];
  const change = (mode: SceneStyle['mode']): void => {
    const expression = style.expression === '' ? firstExpression(indices) : style.expression;
    const palette = mode === 'index' && style.palette === 'grey' ? 'brown-teal' : style.palette;
    restyle(t('Change rendering'), { mode, ...(mode === 'index' ? { expression, palette } : {}) });
  };
  return (
    <>
      <Select label={t('Rendering')} value={style.mode} options={modes} onChange={change} />
      {style.mode === 'rgb' && <Composite {...props} />}
      {style.mode === 'single' && (
        <BandSelect
          label={t('Band')}
          info={info}
          value={style.band}
          onChange={(band) => restyle(t('Change band'), { band })}
        />
      )}
      {style.mode === 'index' && <IndexForm {...props} indices={indices} />}
      {(style.mode === 'single' || style.mode === 'index') && (
        <Select
          label={t('Palette')}
          value={style.palette}
          options={Object.keys(ramps).map((name) => [name, t(name)] as const)}
          onChange={(palette) => restyle(t('Change palette'), { palette })}
        />
      )}
      {style.mode === 'classes' ? <ClassLegend {...props} /> : <Stretch {...props} />}
    </>
  );
}

function BandSelect({
  label,
  info,
  value,
  onChange,
}: {
  readonly label: string;
  readonly info: SceneInfo;
  readonly value: number;
  readonly onChange: (band: number) => void;
}): ReactElement {
  const options = info.bands.map(({ name, wavelengthNm }, index) => {
    const nm = wavelengthNm === undefined ? '' : ` (${Math.round(wavelengthNm)} nm)`;
    return [String(index), `${index + 1}: ${name}${nm}`] as const;
  });
  return (
    <Select
      label={label}
      value={String(value)}
      options={options}
      onChange={(text) => onChange(Number(text))}
    />
  );
}

function Composite(props: FormProps): ReactElement {
  const { style, info } = props;
  const restyle = useRestyle(props);
  const presets = compositesOf(info);
  const current = presets.find(({ rgb }) => rgb.join() === style.rgb.join())?.name ?? '';
  const set = (channel: number, band: number): void => {
    const rgb = style.rgb.with(channel, band) as SceneStyle['rgb'];
    restyle(t('Change composite'), { rgb });
  };
  return (
    <>
      <Select
        label={t('Preset')}
        value={current}
        options={[
          ['', t('Own choice')] as const,
          ...presets.map(({ name }) => [name, t(name)] as const),
        ]}
        onChange={(name) => {
          const preset = presets.find((one) => one.name === name);
          if (preset !== undefined) restyle(t('Change composite'), { rgb: preset.rgb });
        }}
      />
      {[t('Red'), t('Green'), t('Blue')].map((label, channel) => (
        <BandSelect
          key={label}
          label={label}
          info={info}
          value={style.rgb[channel]!}
          onChange={(band) => set(channel, band)}
        />
      ))}
    </>
  );
}

function Stretch(props: FormProps): ReactElement {
  const { style, info } = props;
  const restyle = useRestyle(props);
  const inView = (): void => {
    const { extent } = viewStore.get();
    if (extent === undefined) return;
    const stretch = style.stretch === 'manual' ? 'percent' : style.stretch;
    restyle(t('Stretch by view'), { stretch }, [...extent]);
  };
  const options = [
    ['percent', t('Cumulative cut 2–98 %')],
    ['minmax', t('Minimum to maximum')],
    ['sigma', t('Mean ± 2 σ')],
    ['manual', t('By hand')],
  ] as const;
  const channels = style.mode === 'rgb' ? [t('Red'), t('Green'), t('Blue')] : [t('Values')];
  const setLimit = (channel: number, limit: readonly [number, number]): void => {
    const limits = channels.map((_, i): [number, number] =>
      i === channel ? [...limit] : [...(style.limits[i] ?? style.limits[0] ?? [0, 1])],
    );
    restyle(t('Change limits'), { limits });
  };
  return (
    <>
      <Select
        label={t('Stretch')}
        value={style.stretch}
        options={options}
        onChange={(stretch) => restyle(t('Change stretch'), { stretch })}
      />
      <button type="button" onClick={inView}>
        {t('Stretch by current view')}
      </button>
      {channels.map((label, channel) => (
        <Histogram
          key={label}
          label={label}
          info={info}
          band={
            style.mode === 'rgb'
              ? style.rgb[channel]!
              : style.mode === 'single'
                ? style.band
                : undefined
          }
          expression={style.mode === 'index' ? style.expression : undefined}
          limits={style.limits[channel] ?? style.limits[0] ?? [0, 1]}
          onChange={(limit) => setLimit(channel, limit)}
        />
      ))}
      <NumberField
        label={t('Gamma')}
        value={style.gamma}
        range={[0.1, 10]}
        step={0.1}
        onChange={(gamma) => restyle(t('Change gamma'), { gamma })}
      />
    </>
  );
}
