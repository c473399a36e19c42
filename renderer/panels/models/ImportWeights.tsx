import { type ReactElement, useEffect, useState } from 'react';
import type { WeightsFound } from '../../../app/contract/desk/models.ts';
import { tileModelNames } from '../../actions/tileModels.ts';
import { addModel } from '../../edits/gallery.ts';
import { galleryStore } from '../../state/galleryStore.ts';
import { useStore } from '../../state/store.ts';
import { countText } from '../../words/numbers.ts';
import { saidOfError, t } from '../../words/translate.ts';
import { useDesk } from '../context.ts';
import { FileField } from '../export/FileField.tsx';
import { Field } from '../fields.tsx';
import { useAnswer } from '../spectra/useAnswer.ts';

const isWeights = (path: string): boolean => /\.(pth|pt|bin|ckpt|safetensors)$/i.test(path);

/** Takes published weights, or the folder of a model, into the gallery. */
export function ImportWeights(): ReactElement {
  const { workspace } = useDesk();
  const path = useStore(galleryStore, (state) => state.offered);
  const offer = (offered: string): void => galleryStore.set({ offered });
  const folder = path.replace(/[\\/]model\.json$/i, '');
  return (
    <>
      <FileField
        label={t('Weights (.pth, .safetensors), or the folder of a model')}
        value={path}
        accept={({ kind }) => kind === 'weights' || kind === 'model'}
        onChange={offer}
      />
      <p className="hint">
        {t('Nothing in a weights file is run: only its numbers are read, and it stays as it is.')}
      </p>
      {isWeights(path) && <LookedAt key={path} path={path} onDone={() => offer('')} />}
      {path !== '' && !isWeights(path) && (
        <button
          type="button"
          className="primary"
          onClick={() => {
            workspace.host.call('model.card', { path: folder }).then(() => {
              addModel(workspace, folder);
              offer('');
            }, workspace.report);
          }}
        >
          {t('Add to the gallery')}
        </button>
      )}
    </>
  );
}

function LookedAt({
  path,
  onDone,
}: {
  readonly path: string;
  readonly onDone: () => void;
}): ReactElement {
  const { workspace } = useDesk();
  const { value, error, waiting } = useAnswer(
    path,
    (signal) => workspace.host.call('weights.look', { file: path }, signal),
    400,
  );
  return (
    <section className="card" aria-label={t('What the file holds')} aria-busy={waiting}>
      <h3>{t('What the file holds')}</h3>
      {waiting && value === undefined && <p className="hint">{t('Looking…')}</p>}
      {error !== undefined && <p className="error-text">{saidOfError(error)}</p>}
      {value !== undefined && <Found found={value} />}
      {value?.network !== undefined && startsFrom(value.network) && (
        <ImportForm path={path} onDone={onDone} />
      )}
    </section>
  );
}

/** SpectralGPT is built in known sizes only. */
const startsFrom = ({ family, size }: NonNullable<WeightsFound['network']>): boolean =>
  family !== 'spectralgpt' || size !== undefined;

function Found({ found }: { readonly found: WeightsFound }): ReactElement {
  return (
    <>
      <ul>
        {linesOf(found).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      {found.problem !== undefined && <p className="error-text">{found.problem}</p>}
      {found.network !== undefined && !startsFrom(found.network) && (
        <p className="error-text">
          {t(
            'Its sizes are none that have a name (Base, Large, Huge, or tiny of Prismap): fine-tuning cannot start from it.',
          )}
        </p>
      )}
    </>
  );
}

function linesOf({ format, tensors, parameters, network }: WeightsFound): string[] {
  const file = t('{format}: {tensors} tensors, {parameters} numbers.', {
    format,
    tensors: countText(tensors),
    parameters: countText(parameters),
  });
  if (network === undefined) return [file];
  const { decoder, classes, elsewhere } = network;
  return [
    file,
    networkText(network),
    bandsText(network),
    ...(decoder ? [t('With the decoder of pre-training.')] : []),
    ...(classes === undefined
      ? []
      : [t('With a layer of {classes} classes, which fine-tuning starts anew.', { classes })]),
    ...(elsewhere === 0
      ? []
      : [
          t('{count} other tensors (of another task, the optimiser, second copies) are left out.', {
            count: elsewhere,
          }),
        ]),
  ];
}

function networkText({ family, size, width, depth }: NonNullable<WeightsFound['network']>): string {
  const network = tileModelNames[family];
  if (family === 'resnet50') return `${network}.`;
  return size === undefined
    ? t('{network}: {depth} blocks of width {width}.', { network, depth, width })
    : t('{network} {size}: {depth} blocks of width {width}.', { network, size, depth, width });
}

function bandsText({ bands, spectralPatch, tile }: NonNullable<WeightsFound['network']>): string {
  if (tile === undefined) return t('{bands} bands.', { bands });
  return spectralPatch === undefined
    ? t('{bands} bands; tiles of {tile} × {tile} pixels.', { bands, tile })
    : t('{bands} bands, {group} a token; tiles of {tile} × {tile} pixels.', {
        bands,
        group: spectralPatch,
        tile,
      });
}

function ImportForm({
  path,
  onDone,
}: {
  readonly path: string;
  readonly onDone: () => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [name, setName] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    const file = path.split(/[\\/]/).at(-1) ?? '';
    setName(file.replace(/\.[^.]+$/, ''));
  }, [path]);
  const take = async (): Promise<void> => {
    setBusy(true);
    try {
      const { tensors } = await workspace.host.call('weights.import', { file: path, name });
      galleryStore.set({ round: galleryStore.get().round + 1 });
      workspace.notify(
        t('{name} is in the gallery: {tensors} tensors. Fine-tuning can start from it.', {
          name,
          tensors: countText(tensors),
        }),
      );
      onDone();
    } catch (error) {
      workspace.report(error);
      setBusy(false);
    }
  };
  return (
    <>
      <Field label={t('Name of the weights')}>
        <input
          value={name}
          maxLength={80}
          spellCheck={false}
          onChange={(event) => setName(event.target.value)}
        />
      </Field>
      <button
        type="button"
        className="primary"
        disabled={busy || name.trim() === ''}
        onClick={() => void take()}
      >
        {busy ? t('Importing…') : t('Import weights')}
      </button>
    </>
  );
}
