import { type ReactElement, useEffect, useRef } from 'react';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { FolderField } from '../export/FolderField.tsx';
import { Section } from '../spectra/Section.tsx';
import { mapsScenes, useModels } from '../train/useModels.ts';
import { BatchRun } from './BatchRun.tsx';
import {
  type BatchSettings,
  batchInput,
  type ChangeBatch,
  outOf,
  problemOf,
  useBatch,
  withScene,
} from './batchSettings.ts';
import { RecipeFile } from './RecipeFile.tsx';
import { RecipeForm } from './RecipeForm.tsx';
import { Chosen, Course } from './RunOptions.tsx';

const nameOf = (folder: string): string => folder.split(/[/\\]/).findLast((part) => part !== '')!;

/** One recipe over a folder of scenes: checked, mapped, and every scene listed with what became of it. */
export function BatchPanel(): ReactElement {
  const { workspace } = useDesk();
  const [kept, change] = useBatch();
  const models = useModels().filter(mapsScenes);
  const job = useWorkspace(({ jobs }) => jobs.find(({ kind }) => kind === 'batch'));
  // The newest one, until another is chosen.
  const model = kept.recipe.model === '' ? (models[0]?.path ?? '') : kept.recipe.model;
  const settings = { ...kept, recipe: { ...kept.recipe, model } };
  const problem = problemOf(settings);
  const choosing = kept.pattern + kept.exclude + kept.first !== '';
  const run = useRef<HTMLDivElement>(null);
  const wasStarted = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: when the job that was started here is shown
  useEffect(() => {
    if (wasStarted.current) run.current?.scrollIntoView({ block: 'start' });
  }, [job?.id]);
  const start = (check: boolean): void => {
    const title = t(check ? 'Check {name}' : 'Batch {name}', { name: nameOf(settings.folder) });
    const input = batchInput(settings, check);
    wasStarted.current = true;
    // all scenes are mapped anew once, not whenever it is started again
    if (!check && settings.fresh) change({ fresh: false });
    workspace
      .saved()
      .then(() => workspace.host.call('job.start', { kind: 'batch', title, input }))
      .catch(workspace.report);
  };
  const leaveOut = (scene: string): void => {
    change({ exclude: withScene(settings.exclude, scene) });
    workspace.notify(t('{name} will be left out from the next start on.', { name: scene }));
  };
  return (
    <div className="form">
      <h2>{t('Batch: one recipe over a folder of scenes')}</h2>
      <Folders settings={settings} onChange={change} />
      <Section key={String(choosing)} title={t('Which scenes')} open={choosing}>
        <Chosen settings={settings} onChange={change} />
      </Section>
      <Section title={t('Recipe')} open={job === undefined}>
        <RecipeForm
          recipe={settings.recipe}
          models={models}
          onChange={(recipe) => change({ recipe })}
        />
        <RecipeFile recipe={settings.recipe} onOpen={(recipe) => change({ recipe })} />
      </Section>
      <Section title={t('How it runs')}>
        <Course settings={settings} onChange={change} />
      </Section>
      {problem !== undefined && <p className="hint">{problem}</p>}
      <div className="actions">
        <button type="button" disabled={problem !== undefined} onClick={() => start(true)}>
          {t('Check scenes')}
        </button>
        <button
          type="button"
          className="primary"
          disabled={problem !== undefined}
          onClick={() => start(false)}
        >
          {t('Start the batch')}
        </button>
      </div>
      <p className="hint">
        {t('What is done stays done: started again, a batch goes on where it stopped.')}
      </p>
      {job !== undefined && (
        <div ref={run}>
          <Section key={job.id} title={job.title} open>
            <BatchRun job={job} onLeaveOut={leaveOut} />
          </Section>
        </div>
      )}
    </div>
  );
}

function Folders({
  settings,
  onChange,
}: {
  readonly settings: BatchSettings;
  readonly onChange: ChangeBatch;
}): ReactElement {
  return (
    <>
      <FolderField
        label={t('Folder of scenes')}
        value={settings.folder}
        onChange={(folder) => onChange({ folder })}
      />
      <FolderField
        label={t('Folder of results')}
        value={outOf(settings)}
        onChange={(out) => onChange({ out })}
      />
    </>
  );
}
