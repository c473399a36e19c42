import type { GalleryModel } from '../../../app/contract/desk/models.ts';
import { galleryOf } from '../../edits/gallery.ts';
import { galleryStore } from '../../state/galleryStore.ts';
import { useStore } from '../../state/store.ts';
import { t } from '../../words/translate.ts';
import { useDesk, useWorkspace } from '../context.ts';
import { mainFigure } from '../models/modelWords.ts';
import { useAnswer } from '../spectra/useAnswer.ts';

export type Model = GalleryModel;

/**
 * The models of the gallery under the names that the analyst gave them, newest first; looked for anew whenever a training ends,
 * weights are imported or another project is opened. Undefined until they are known.
 */
export function useGallery(): readonly Model[] | undefined {
  const { workspace } = useDesk();
  const folder = useWorkspace((state) => state.project?.folder);
  const made = useWorkspace(
    ({ jobs }) =>
      jobs.filter(
        ({ kind, state }) => (kind === 'train' || kind === 'pretrain') && state === 'done',
      ).length,
  );
  const round = useStore(galleryStore, (state) => state.round);
  const kept = useWorkspace(({ document }) => document.settings.get('models'));
  const { added, removed, names } = galleryOf(new Map([['models', kept]]));
  const { value } = useAnswer(
    folder === undefined ? undefined : `${folder} ${made} ${round} ${added.join('\n')}`,
    (signal) => workspace.host.call('model.list', { also: [...added] }, signal),
    0,
  );
  return value?.models
    .filter(({ path }) => !removed.includes(path))
    .map((model) => ({ ...model, name: names[model.path] ?? model.name }));
}

export const useModels = (): readonly Model[] => useGallery() ?? [];

/** Whether a model maps one scene by itself. */
export const mapsScenes = ({ kind, task }: Model): boolean =>
  kind === 'model' && task !== 'pretrain' && task !== 'change';

/** Whether a model sees tiles, not single pixels. */
export const seesTiles = (model: Model | undefined): boolean =>
  model !== undefined && model.task !== 'pixel';

/** Whether a model names whole tiles: a pixel of its map is one of them. */
export const namesTiles = (model: Model | undefined): boolean =>
  model?.task === 'scene' || model?.task === 'multilabel';

/** `SpectralMamba (re-implementation) · 10 bands · OA 93.1 %`. */
export function modelLabel(model: Model): string {
  const { title, name, bands } = model;
  const figure = mainFigure(model);
  const accuracy = figure === '' ? '' : ` · ${figure}`;
  return `${name} · ${title} · ${t('{count} bands', { count: bands })}${accuracy}`;
}
