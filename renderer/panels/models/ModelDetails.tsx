import type { ReactElement } from 'react';
import type { GalleryModel } from '../../../app/contract/desk/models.ts';
import { countText } from '../../words/numbers.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { Section } from '../spectra/Section.tsx';
import { useAnswer } from '../spectra/useAnswer.ts';

/** Where a model lies, and all that its card says. */
export function ModelDetails({ model }: { readonly model: GalleryModel }): ReactElement {
  return (
    <Section title={t('Details and folder')}>
      <Folder path={model.path} />
      {model.kind === 'model' && <Card path={model.path} />}
    </Section>
  );
}

function Folder({ path }: { readonly path: string }): ReactElement {
  const { workspace } = useDesk();
  const copy = (): void => {
    navigator.clipboard
      .writeText(path)
      .then(() => workspace.notify(t('The path was copied.')), workspace.report);
  };
  return (
    <>
      <span className="path">{path}</span>
      <div className="actions">
        <button type="button" aria-label={t('Copy path: {path}', { path })} onClick={copy}>
          {t('Copy path')}
        </button>
      </div>
    </>
  );
}

// A border: the host checked the card against its contract; families differ in what stands where.
type Card = {
  readonly bands?: readonly { readonly name: string; readonly wavelengthNm?: number }[];
  readonly config?: Readonly<Record<string, unknown>>;
  readonly training?: {
    readonly scenes?: readonly { readonly path: string }[];
    readonly samples?: { readonly training: number; readonly validation: number };
    readonly split?: string;
    readonly epochs?: number;
    readonly bestEpoch?: number;
    readonly seed?: number;
  };
  readonly engine?: { readonly engine: string; readonly device: string };
};

function Card({ path }: { readonly path: string }): ReactElement {
  const { workspace } = useDesk();
  const { value, error } = useAnswer(
    path,
    (signal) => workspace.host.call('model.card', { path }, signal),
    0,
  );
  if (error !== undefined) return <p className="error-text">{saidOfError(error)}</p>;
  if (value === undefined) return <p className="hint">{t('Looking…')}</p>;
  const card = value.card as Card;
  return (
    <dl className="properties">
      {rowsOf(card).map(([name, text]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="path">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

const bandText = ({ name, wavelengthNm }: NonNullable<Card['bands']>[number]): string =>
  wavelengthNm === undefined ? name : `${name} (${Math.round(wavelengthNm)} nm)`;

/** Numbers and words of a network's configuration; parts within parts are for its file. */
const sizesText = (config: Readonly<Record<string, unknown>>): string =>
  Object.entries(config)
    .filter(([, value]) => typeof value !== 'object')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');

function rowsOf({ bands, config, training, engine }: Card): readonly (readonly [string, string])[] {
  const { scenes = [], samples, split, epochs, bestEpoch, seed } = training ?? {};
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t('Bands in order'), bands?.map(bandText).join(', ')],
    [t('Scenes'), scenes.length === 0 ? undefined : scenes.map((one) => one.path).join('\n')],
    [
      t('Samples'),
      samples === undefined
        ? undefined
        : t('{training} for training, {validation} for validation', {
            training: countText(samples.training),
            validation: countText(samples.validation),
          }),
    ],
    [t('Split'), split],
    [
      t('Epochs'),
      epochs === undefined
        ? undefined
        : t('{epochs}, the best was {best}', { epochs, best: bestEpoch ?? epochs }),
    ],
    [t('Seed'), seed === undefined ? undefined : String(seed)],
    [t('Engine'), engine === undefined ? undefined : `${engine.engine} · ${engine.device}`],
    [t('Network'), config === undefined ? undefined : sizesText(config)],
  ];
  return rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
}
