import type { ProjectState } from '../../app/contract/desk/project.ts';
import { AppError, errorRecord } from '../../app/error.ts';
import { importRois } from '../edits/importRois.ts';
import { addScene, removeLayer } from '../edits/layers.ts';
import { galleryStore } from '../state/galleryStore.ts';
import { t } from '../words/translate.ts';
import type { CommandContext } from './command.ts';

const replace = (context: CommandContext, next: Promise<ProjectState>): void => {
  const { workspace } = context;
  next.then(workspace.load, workspace.report);
};

export function newProject(context: CommandContext): void {
  const { host } = context.workspace;
  replace(
    context,
    context.workspace.saved().then(() => host.call('project.new', {})),
  );
}

export function openSample(
  context: CommandContext,
  kind: 'hyperspectral' | 'sentinel2' | 'pair',
): void {
  const { workspace } = context;
  workspace.notify(t('The sample scene is being made. It takes some seconds.'));
  replace(context, workspace.host.call('project.sample', { kind }));
}

export const isProject = (path: string): boolean => /\.(gpkg|prismap)$/i.test(path);
export const isRois = (path: string): boolean => /\.(geojson|json|shp|csv|tsv)$/i.test(path);
const isCard = (path: string): boolean => /[\\/]model\.json$/i.test(path);
const isWeights = (path: string): boolean => /\.(safetensors|pth|pt|ckpt)$/i.test(path);

/** Opens whatever a path names: a project in place of this one, ROIs into it, a scene as a layer. @throws AppError */
export async function openPath(context: CommandContext, path: string): Promise<void> {
  const { workspace } = context;
  if (isWeights(path)) {
    galleryStore.set({ offered: path });
    return workspace.store.set({ panel: 'models' });
  }
  if (isCard(path))
    throw new AppError(
      'unknown-format',
      t(
        '{path} is part of a trained model, which is neither a scene nor ROIs. Put the folder of the model into {folder}: then the Train panel lists it.',
        { path, folder: workspace.store.get().project?.folder ?? '' },
      ),
    );
  if (isProject(path)) await openProject(context, path);
  else if (isRois(path)) await importRois(workspace, path);
  else {
    const hadPlace = workspace.store.get().document.settings.get('crs') !== undefined;
    const { id, name } = await addScene(workspace, path);
    const entry = workspace.store.get().scenes.get(path);
    if (hadPlace && entry?.state === 'open' && entry.info.proj4 === undefined)
      workspace.notify(
        t(
          '{name} has no coordinate system, so it cannot be shown over scenes that have one. Open it in a project of its own.',
          { name },
        ),
        { label: t('Remove it'), stays: true, run: () => removeLayer(workspace, id) },
      );
  }
}

/** Opens a project in place of this one, read-only only where the user says so. A GeoPackage that is none may hold ROIs. */
async function openProject(context: CommandContext, path: string, readOnly = false): Promise<void> {
  const { workspace } = context;
  try {
    await workspace.saved();
    workspace.load(await workspace.host.call('project.open', { path, readOnly }));
  } catch (error) {
    const { code, message } = errorRecord(error);
    if (code === 'unknown-format') return importRois(workspace, path);
    if (code !== 'in-use' || readOnly) throw error;
    workspace.notify(message, {
      label: t('Open read-only'),
      stays: true,
      run: () => void openProject(context, path, true).catch(workspace.report),
    });
  }
}
