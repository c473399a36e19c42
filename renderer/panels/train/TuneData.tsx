import type { ReactElement } from 'react';
import { needsDataset, type TuneSettings } from '../../actions/fineTune.ts';
import { sortedClasses } from '../../edits/classes.ts';
import { t } from '../../words/translate.ts';
import { DateFields } from '../change/DateFields.tsx';
import { useWorkspace } from '../context.ts';
import { FileField } from '../export/FileField.tsx';
import { FolderField } from '../export/FolderField.tsx';
import { Select } from '../fields.tsx';

export type TuneProps = {
  readonly settings: TuneSettings;
  readonly onChange: (part: Partial<TuneSettings>) => void;
};

/** What is learned, and on what. */
export function TuneData({ settings, onChange }: TuneProps): ReactElement {
  const { task, source } = settings;
  const choosable = task === 'segmentation' || task === 'change';
  return (
    <>
      <Select
        label={t('Task')}
        value={task}
        options={[
          ['segmentation', t('Segmentation: a class for every pixel')],
          ['scene', t('Scenes: one class for a whole tile')],
          ['multilabel', t('Several labels for a whole tile')],
          ['change', t('Change between two dates')],
        ]}
        onChange={(next) => onChange({ task: next, ...fitting(settings, next) })}
      />
      {choosable && (
        <Select
          label={t('Learns from')}
          value={source}
          options={[
            [
              'project',
              task === 'change'
                ? t('two scenes of this project')
                : t('the ROIs of the scene in use'),
            ],
            ['dataset', t('a data set: a folder of labelled tiles')],
          ]}
          onChange={(next) => onChange({ source: next })}
        />
      )}
      {needsDataset(settings) && <Dataset settings={settings} onChange={onChange} />}
      {task === 'change' && source === 'project' && (
        <Dates settings={settings} onChange={onChange} />
      )}
    </>
  );
}

/** The published recipe of each task, and the layouts that its data sets have. */
export const recipes: Readonly<Record<TuneSettings['task'], string>> = {
  scene: 'eurosat',
  multilabel: 'bigearthnet',
  segmentation: 'segmunich',
  change: 'oscd',
};

/** What of the settings another task cannot have: recipes, layouts and changes to tiles of the one before. */
function fitting(settings: TuneSettings, task: TuneSettings['task']): Partial<TuneSettings> {
  const isRecipe = Object.values(recipes).includes(settings.preset);
  return {
    ...(isRecipe && settings.preset !== recipes[task] ? { preset: 'base' } : {}),
    layout: 'auto',
    augment: undefined,
  };
}

function Dataset({ settings, onChange }: TuneProps): ReactElement {
  const { dataset, layout, task } = settings;
  const own = recipes[task] as TuneSettings['layout'];
  const names: Readonly<Record<string, string>> = {
    eurosat: 'EuroSAT',
    bigearthnet: 'BigEarthNet',
    segmunich: 'SegMunich',
    oscd: 'OSCD',
  };
  return (
    <>
      <FolderField
        label={t('Folder of the data set')}
        value={dataset}
        onChange={(path) => onChange({ dataset: path })}
      />
      <Select
        label={t('How its files lie')}
        value={layout}
        options={[
          ['auto', t('found by itself')] as const,
          [own, t('as {name} is published', { name: names[own] ?? own })] as const,
          ...(task === 'change' ? [] : [['folder', foldersText(task)] as const]),
        ]}
        onChange={(next) => onChange({ layout: next })}
      />
    </>
  );
}

const foldersText = (task: TuneSettings['task']): string =>
  task === 'segmentation'
    ? t('a folder of images and one of masks')
    : t('folders by class, or a table labels.csv');

/** Two scenes of the project, and where it is known what changed between them. */
function Dates({ settings, onChange }: TuneProps): ReactElement {
  const rows = useWorkspace((state) => state.document.classes);
  const { before, after, labels, changed } = settings;
  const toggle = (name: string, on: boolean): void =>
    onChange({ changed: on ? [...changed, name] : changed.filter((one) => one !== name) });
  return (
    <>
      <DateFields before={before} after={after} onChange={onChange} />
      <FileField
        label={t('Where change is known: polygons or a raster (empty: the ROIs of the project)')}
        value={labels}
        accept={({ kind }) => kind === 'vector' || kind === 'scene'}
        onChange={(path) => onChange({ labels: path })}
      />
      {labels === '' && rows.size > 0 && (
        <fieldset className="legend">
          <legend>{t('Classes that mean change (none: all)')}</legend>
          {sortedClasses(rows).map(({ id, name }) => (
            <label key={id} className="check">
              <input
                type="checkbox"
                checked={changed.includes(name)}
                onChange={(event) => toggle(name, event.target.checked)}
              />
              {name}
            </label>
          ))}
        </fieldset>
      )}
    </>
  );
}
