import type { ReactElement } from 'react';
import { newId } from '../../edits/newId.ts';
import { decimalText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Field } from '../fields.tsx';
import { OptionalNumber } from './OptionalNumber.tsx';
import type { StageRow } from './pretrainSettings.ts';

/** Stages of progressive pre-training: each goes on with the weights of the one before. */
export function Stages({
  stages,
  onChange,
}: {
  readonly stages: readonly StageRow[];
  readonly onChange: (stages: readonly StageRow[]) => void;
}): ReactElement {
  const change = (id: string, part: Partial<StageRow>): void =>
    onChange(stages.map((stage) => (stage.id === id ? { ...stage, ...part } : stage)));
  return (
    <>
      {stages.length === 0 && (
        <p className="hint">
          {t(
            'One stage, as set above. With several, the network sees other sizes, resolutions, dates or regions one after the other.',
          )}
        </p>
      )}
      {stages.map((stage, index) => (
        <Stage
          key={stage.id}
          stage={stage}
          number={index + 1}
          onChange={(part) => change(stage.id, part)}
          onRemove={() => onChange(stages.filter(({ id }) => id !== stage.id))}
        />
      ))}
      <div className="actions">
        <button
          type="button"
          onClick={() => {
            const { id: _, ...like } = stages.at(-1) ?? { id: '' };
            onChange([...stages, { ...like, id: newId() }]);
          }}
        >
          {t('Add a stage')}
        </button>
      </div>
    </>
  );
}

function Stage({
  stage,
  number,
  onChange,
  onRemove,
}: {
  readonly stage: StageRow;
  readonly number: number;
  readonly onChange: (part: Partial<StageRow>) => void;
  readonly onRemove: () => void;
}): ReactElement {
  return (
    <fieldset className="legend stage">
      <legend>{t('Stage {number}', { number })}</legend>
      <div className="pair">
        <OptionalNumber
          label={t('Side of a tile, pixels')}
          value={stage.imageSize}
          range={[8, 1024]}
          step={8}
          empty={t('as above')}
          onChange={(imageSize) => onChange({ imageSize })}
        />
        <OptionalNumber
          label={t('Metres a pixel')}
          value={stage.resolution}
          range={[0.001, 100_000]}
          step={1}
          empty={t('its own')}
          onChange={(resolution) => onChange({ resolution })}
        />
      </div>
      <div className="pair">
        <Day label={t('First day')} value={stage.from} onChange={(from) => onChange({ from })} />
        <Day label={t('Last day')} value={stage.to} onChange={(to) => onChange({ to })} />
      </div>
      <OptionalNumber
        label={t('Epochs of the stage')}
        value={stage.epochs}
        range={[1, 100_000]}
        step={1}
        empty={t('as above')}
        onChange={(epochs) => onChange({ epochs })}
      />
      <Region region={stage.region} number={number} onChange={(region) => onChange({ region })} />
      <div className="actions">
        <button
          type="button"
          aria-label={t('Remove stage {number}', { number })}
          onClick={onRemove}
        >
          {t('Remove')}
        </button>
      </div>
    </fieldset>
  );
}

function Day({
  label,
  value,
  onChange,
}: {
  readonly label: string;
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}): ReactElement {
  return (
    <Field label={label}>
      <input
        type="date"
        value={value ?? ''}
        onChange={(event) => onChange(event.target.value === '' ? undefined : event.target.value)}
      />
    </Field>
  );
}

/** Only tiles that begin in what the map shows now. */
function Region({
  region,
  number,
  onChange,
}: {
  readonly region: StageRow['region'];
  readonly number: number;
  readonly onChange: (region: StageRow['region']) => void;
}): ReactElement {
  const { map, workspace } = useDesk();
  const take = (): void => {
    const view = map.viewInDegrees();
    if (view === undefined)
      workspace.notify(t('The map has no coordinates to take a region from.'));
    else onChange([...view]);
  };
  const label = (action: string): string =>
    t('{action}: {job}', { action, job: t('Stage {number}', { number }) });
  const [west, south, east, north] = (region ?? []).map((degrees) => decimalText(degrees, 3));
  return (
    <>
      <p className="hint">
        {region === undefined
          ? t('Region: everywhere')
          : t('Region: {west}° to {east}° east, {south}° to {north}° north', {
              west: west!,
              east: east!,
              south: south!,
              north: north!,
            })}
      </p>
      <div className="actions">
        <button type="button" aria-label={label(t('Take the view'))} onClick={take}>
          {t('Take the view')}
        </button>
        {region !== undefined && (
          <button
            type="button"
            aria-label={label(t('Everywhere'))}
            onClick={() => onChange(undefined)}
          >
            {t('Everywhere')}
          </button>
        )}
      </div>
    </>
  );
}
