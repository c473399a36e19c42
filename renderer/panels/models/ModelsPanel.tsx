import { type ReactElement, useState } from 'react';
import type { GalleryModel } from '../../../app/contract/desk/models.ts';
import { galleryStore } from '../../state/galleryStore.ts';
import { useStore } from '../../state/store.ts';
import { t } from '../../words/translate.ts';
import { Select } from '../fields.tsx';
import { Section } from '../spectra/Section.tsx';
import { useGallery } from '../train/useModels.ts';
import { ImportWeights } from './ImportWeights.tsx';
import { ModelEntry } from './ModelEntry.tsx';
import { taskName } from './modelWords.ts';

/** All models of the project: what each is, how good it is, and what can be done with it. */
export function ModelsPanel(): ReactElement {
  const models = useGallery();
  const offered = useStore(galleryStore, (state) => state.offered !== '');
  const [task, setTask] = useState<GalleryModel['task'] | 'all'>('all');
  const tasks = [...new Set((models ?? []).map((model) => model.task))];
  const chosen = tasks.includes(task as GalleryModel['task']) ? task : 'all';
  const shown = (models ?? []).filter((model) => chosen === 'all' || model.task === chosen);
  return (
    <div className="form">
      <h2>{t('Models')}</h2>
      <Section key={String(offered)} title={t('Import weights or a model')} open={offered}>
        <ImportWeights />
      </Section>
      {models?.length === 0 && (
        <p className="hint">
          {t('There is no model yet. Train one, pre-train one, or import weights.')}
        </p>
      )}
      {tasks.length > 1 && (
        <Select
          label={t('Show')}
          value={chosen}
          options={[
            ['all', t('All models')] as const,
            ...tasks.map((one) => [one, taskName(one)] as const),
          ]}
          onChange={setTask}
        />
      )}
      <ul className="plain-list jobs" aria-label={t('Models, newest first')}>
        {shown.map((model) => (
          <ModelEntry key={model.path} model={model} />
        ))}
      </ul>
    </div>
  );
}
