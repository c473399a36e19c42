import { type ReactElement, useState } from 'react';
import type { GalleryModel } from '../../../app/contract/desk/models.ts';
import { fineTuneFrom } from '../../actions/fineTune.ts';
import { tileModels } from '../../actions/tileModels.ts';
import { removeModel, renameModel } from '../../edits/gallery.ts';
import { shortText } from '../../words/numbers.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { formatBytes } from '../dialogs/FileList.tsx';
import { Field } from '../fields.tsx';
import { OpenReport } from '../jobs/OpenReport.tsx';
import { chooseModel } from '../train/settings.ts';
import { mapsScenes } from '../train/useModels.ts';
import { ModelDetails } from './ModelDetails.tsx';
import { figuresText, taskName } from './modelWords.ts';

/** The card of a model. */
export function ModelEntry({ model }: { readonly model: GalleryModel }): ReactElement {
  const { name, title, task } = model;
  const inUse = useWorkspace(({ document }) => document.settings.get('model') === model.path);
  return (
    <li>
      <article className="card" aria-label={name}>
        <header>
          <h3>{name}</h3>
          <span className="job-state">{taskName(task)}</span>
        </header>
        <p>
          {title}
          {inUse && <strong> · {t('in use for mapping')}</strong>}
        </p>
        <Facts model={model} />
        <ModelButtons model={model} />
        <ModelDetails model={model} />
      </article>
    </li>
  );
}

function Facts({ model }: { readonly model: GalleryModel }): ReactElement {
  const { bands, classes, figures, bytes, resolution, tile, start, licence, preset } = model;
  const rows: readonly (readonly [string, string | undefined])[] = [
    [t('Bands'), String(bands)],
    [t('Classes'), classes.length === 0 ? undefined : classNames(classes)],
    [t('Figures'), figuresText(figures) || undefined],
    [t('Settings'), preset],
    [t('Resolution'), resolution === undefined ? undefined : `${shortText(resolution, 3)} m`],
    [t('Tile'), tile === undefined ? undefined : t('{side} × {side} pixels', { side: tile })],
    [t('Size'), bytes === undefined ? undefined : formatBytes(bytes)],
    [t('Started from'), start],
    [t('Licence'), licence],
  ];
  return (
    <dl className="properties">
      {rows.map(([name, text]) =>
        text === undefined ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

/** So many class names are read at a glance. */
const mostNames = 6;

function classNames(classes: GalleryModel['classes']): string {
  const names = classes.slice(0, mostNames).map(({ name }) => name);
  return `${classes.length}: ${names.join(', ')}${classes.length > mostNames ? ', …' : ''}`;
}

/** Families that the training form starts from. */
const startsTraining: ReadonlySet<string> = new Set([...tileModels, 'spectralmamba']);

function ModelButtons({ model }: { readonly model: GalleryModel }): ReactElement {
  const desk = useDesk();
  const { workspace } = desk;
  const { name, path, family, kind } = model;
  const [renaming, setRenaming] = useState(false);
  const report = useWorkspace(({ jobs }) =>
    jobs.find(({ state, result }) => state === 'done' && result?.['weights'] === path),
  )?.result?.['report'];
  const label = (action: string): string => t('{action}: {job}', { action, job: name });
  return (
    <>
      <div className="actions">
        {mapsScenes(model) && (
          <button
            type="button"
            aria-label={label(t('Use to map'))}
            onClick={() => {
              chooseModel(workspace, path);
              workspace.store.set({ panel: 'train' });
            }}
          >
            {t('Use to map')}
          </button>
        )}
        {startsTraining.has(family) && (
          <button
            type="button"
            aria-label={label(t('Fine-tune from this'))}
            onClick={() => fineTuneFrom(desk, model)}
          >
            {t('Fine-tune from this')}
          </button>
        )}
        {typeof report === 'string' && <OpenReport path={report} title={name} />}
        <button
          type="button"
          aria-expanded={renaming}
          aria-label={label(t('Rename'))}
          onClick={() => setRenaming(!renaming)}
        >
          {t('Rename')}
        </button>
        <button
          type="button"
          aria-label={label(kind === 'weights' ? t('Remove weights') : t('Remove model'))}
          onClick={() => removeModel(workspace, path, name)}
        >
          {t('Remove')}
        </button>
      </div>
      {renaming && <RenameForm path={path} name={name} onDone={() => setRenaming(false)} />}
    </>
  );
}

function RenameForm({
  path,
  name,
  onDone,
}: {
  readonly path: string;
  readonly name: string;
  readonly onDone: () => void;
}): ReactElement {
  const { workspace } = useDesk();
  const [text, setText] = useState(name);
  return (
    <form
      className="row"
      onSubmit={(event) => {
        event.preventDefault();
        renameModel(workspace, path, text.trim());
        onDone();
      }}
    >
      <Field label={t('Name in this project (empty: its own)')}>
        <input
          // biome-ignore lint/a11y/noAutofocus: the field appears because its button was pressed
          autoFocus
          value={text}
          maxLength={100}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onDone();
          }}
        />
      </Field>
      <button type="submit">{t('Keep the name')}</button>
    </form>
  );
}
